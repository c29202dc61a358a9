"""Which version is the champion, decided from the confirmed losses alone; test_registry.py does it with MLflow."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.trackers.mlflow.promotion import ASK, Contender, decide
from pipeline.values.confirmed import SQUARED_ERROR, Confirmed

DATA = ("0" * 36, "Survived")
ROWS = 200


def confirmed(mean: float, metric: str = "log loss", spread: float = 0.1) -> Confirmed:
    """Losses around `mean`; those of two means go up and down in different rows."""
    noise = np.random.default_rng(int(mean * 1000)).normal(0, spread, ROWS)
    losses = mean + noise - noise.mean()
    return Confirmed(metric, "0" * 64, "Survived", tuple(range(ROWS)), tuple(losses.tolist()), 1e-5)


def contender(version: str, of: Confirmed | None) -> Contender:
    return Contender(version, of, DATA)


def sentence(new: Confirmed | None, present: Confirmed | None) -> tuple[bool, str]:
    found = decide(contender("4", new), contender("3", present), promote=False)
    return found.moves, found.sentence


def test_a_version_that_is_no_worse_replaces_the_champion() -> None:
    moves, said = sentence(confirmed(0.431), confirmed(0.433))
    assert moves
    assert said.startswith(
        "Version 4 is now the champion: its confirmed log loss is 0.431, that of version 3 is 0.433 "
        "(version 4 is no worse: advantage 0.002, 95 % interval -0.0"
    )


def test_a_version_that_is_a_little_worse_is_no_worse() -> None:
    moves, said = sentence(confirmed(0.433), confirmed(0.431))
    assert moves
    assert "version 4 is not shown to be worse: advantage -0.002, 95 % interval -0.0" in said


def test_a_better_version_is_called_better() -> None:
    moves, said = sentence(confirmed(0.3), confirmed(0.433))
    assert moves
    assert "(version 4 is better: advantage 0.13, 95 % interval 0." in said


def test_the_champion_stays_if_the_new_version_is_worse() -> None:
    moves, said = sentence(confirmed(0.493), confirmed(0.433))
    assert not moves
    assert said.startswith(
        "Version 3 stays the champion: its confirmed log loss is 0.433, that of version 4 is 0.493 "
        "(version 4 is worse: advantage -0.06, 95 % interval -0.0"
    )
    assert said.endswith(f"). {ASK}")


def test_figures_and_advantage_are_of_the_rows_on_which_both_were_confirmed() -> None:
    present = confirmed(0.433)
    new = replace(confirmed(0.431), rows=(*range(ROWS - 1), 900), losses=(*present.losses[:-1], 90.0))
    _, said = sentence(new, present)
    assert "version 4 is no worse: advantage 0, " in said
    loss = f"{sum(present.losses[:-1]) / (ROWS - 1):.4g}"
    assert f"its confirmed log loss is {loss}, that of version 3 is {loss} (" in said


def test_squared_errors_are_compared_as_rmse() -> None:
    new, present = confirmed(16.0, SQUARED_ERROR), confirmed(25.0, SQUARED_ERROR)
    moves, said = sentence(new, present)
    assert moves
    assert "its confirmed RMSE is 4, that of version 3 is 5 (version 4 is better: advantage 1," in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"digest": "1" * 64}, "was trained on other data or for another target"),
        ({"target": "Age"}, "was trained on other data or for another target"),
        ({"rows": tuple(range(ROWS, 2 * ROWS))}, "was confirmed on other rows or by another loss"),
        ({"metric": "accuracy"}, "was confirmed on other rows or by another loss"),
    ],
)
def test_the_champion_stays_if_the_two_cannot_be_compared(change: dict[str, object], why: str) -> None:
    moves, said = sentence(replace(confirmed(0.1), **change), confirmed(0.433))  # type: ignore[arg-type]
    assert not moves
    assert said == f"Version 3 stays the champion: version 4 {why}, so the two could not be compared. {ASK}"


def test_a_confirmed_champion_stays_if_the_new_version_is_not_confirmed() -> None:
    moves, said = sentence(None, confirmed(0.433))
    assert not moves
    assert said == (
        "Version 3 stays the champion: the confirmed log loss of version 3 is 0.433, but version 4 was not confirmed, "
        f"so the two could not be compared. {ASK}"
    )


@pytest.mark.parametrize(
    ("new", "who"), [(confirmed(0.9), "version 3 was not"), (None, "neither version 4 nor version 3 was")]
)
def test_a_champion_that_was_not_confirmed_is_replaced(new: Confirmed | None, who: str) -> None:
    moves, said = sentence(new, None)
    assert moves
    assert said == f"Version 4 is now the champion: {who} confirmed, so the two could not be compared."


@pytest.mark.parametrize("data", [("1" * 36, "Survived"), (DATA[0], "Age"), None])
def test_a_champion_that_was_not_confirmed_stays_if_its_data_are_others(data: tuple[str, str] | None) -> None:
    found = decide(contender("4", confirmed(0.1)), Contender("3", None, data), promote=False)
    assert not found.moves
    assert "data" in found.sentence
    assert found.sentence.endswith(ASK)


@pytest.mark.parametrize("new", [confirmed(0.9), None, replace(confirmed(0.1), target="Age")])
def test_promote_replaces_the_champion_in_any_case(new: Confirmed | None) -> None:
    found = decide(contender("4", new), contender("3", confirmed(0.433)), promote=True)
    assert found.moves
    assert found.sentence.startswith("Version 4 is now the champion because PROMOTE=1 was given: ")
    assert ASK not in found.sentence


def test_promote_tells_both_figures_if_it_replaces_a_better_champion() -> None:
    found = decide(contender("4", confirmed(0.9)), contender("3", confirmed(0.433)), promote=True)
    assert "its confirmed log loss is 0.9, that of version 3 is 0.433 (version 4 is worse: " in found.sentence


def test_two_perfect_regressions_are_equal() -> None:
    perfect = replace(confirmed(0.0, SQUARED_ERROR, 0.0), losses=(0.0,) * ROWS, models=0.0)
    moves, said = sentence(perfect, perfect)
    assert moves
    assert "advantage 0, " in said
