import warnings
from collections.abc import Callable
from dataclasses import replace

import optuna
import pytest

from pipeline.figures.importance import FEWEST, importance
from pipeline.values.space import Choice, Condition, Space
from pipeline.values.trial import Leaderboard

MakeBoard = Callable[[int], Leaderboard]


def test_the_setting_that_decides_comes_first_and_shares_add_up(
    make_board: MakeBoard, space: Space, capfd: pytest.CaptureFixture[str]
) -> None:
    level = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shares = importance(make_board(200), space)
    assert shares is not None
    assert next(iter(shares)) == "learning_rate"
    assert shares["learning_rate"] > 0.5
    assert sum(shares.values()) == pytest.approx(1)
    assert "kernel" not in shares, "a setting with only one value cannot matter"
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == level


def depending(board: Leaderboard, space: Space, condition: Condition) -> tuple[Leaderboard, Space]:
    """The same search, as if the learning rate, which matters most, depended on another setting."""
    name = "learning_rate"
    fewer = [
        o
        if o.settings[condition.parent] in condition.values
        else replace(o, settings={key: value for key, value in o.settings.items() if key != name})
        for o in board.outcomes
    ]
    dimensions = {**space.dimensions, name: replace(space.dimensions[name], when=(condition,))}
    return Leaderboard.of("val_loss", fewer, None, {}), Space(dimensions)


def test_a_setting_that_only_some_trials_have_counts_by_how_many(make_board: MakeBoard, space: Space) -> None:
    board = make_board(200)
    whole = importance(board, space)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        half = importance(*depending(board, space, Condition("nesterov", (True,))))
        rare = importance(*depending(board, space, Condition("width", (8,))))
    assert whole is not None
    assert half is not None
    assert rare is not None
    assert 0.05 < half["learning_rate"] < whole["learning_rate"]
    assert "learning_rate" not in rare, "too few trials have it"
    assert sum(rare.values()) == pytest.approx(1)


def test_the_same_settings_decide_when_the_objective_is_to_be_large(make_board: MakeBoard, space: Space) -> None:
    board = make_board(200)
    outcomes = [replace(o, value=None if o.value is None else 1 - o.value) for o in board.outcomes]
    large = Leaderboard.of("val_accuracy", outcomes, None, {})
    assert importance(large, space) == pytest.approx(importance(board, space))


def test_too_few_trials_or_nothing_to_tell_apart_give_none(make_board: MakeBoard, space: Space) -> None:
    board = make_board(200)
    few = [o for o in board.outcomes if o.value is not None][: FEWEST - 1]
    same = [replace(o, value=0.5) for o in board.outcomes]
    assert importance(Leaderboard.of("val_loss", few, None, {}), space) is None
    assert importance(Leaderboard.of("val_loss", same, None, {}), space) is None
    assert importance(board, Space({"kernel": Choice((3,))})) is None


def test_trials_outside_the_space_do_not_count(make_board: MakeBoard, space: Space) -> None:
    board = make_board(120)
    moved = [replace(o, settings={**o.settings, "width": 7000}) for o in board.outcomes]
    assert importance(Leaderboard.of("val_loss", moved, None, {}), space) is None
