"""The search with KerasTuner: Hyperband's rounds, budgets and promotions, and the types of the drawn values."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.experiment import SearchSettings
from pipeline.searches import Search
from pipeline.searches.keras_tuner import brackets, check, create
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int, Space
from pipeline.values.trial import End, Outcome, Trial

SPACE = Space({"x": Float(-1.0, 1.0), "rate": Float(1e-4, 1.0, log=True)})


def searching(**given: Any) -> SearchSettings:
    defaults = {"library": "keras_tuner", "sampler": "hyperband", "trials": 1000}
    return SearchSettings.model_validate(defaults | given)


def ended(trial: Trial, end: End = End.COMPLETE) -> Outcome:
    value = None if end is End.FAILED else float(trial.params["x"]) ** 2 + 1 / trial.epochs
    return Outcome(trial, trial.params, end, value, trial.epochs, ())


def run(search: Search, at_once: int, failing: int = 0) -> list[Trial]:
    """All trials; the last one asked is told first, and every trial whose number `failing` divides fails."""
    asked: list[Trial] = []
    flying: list[Trial] = []
    while True:
        fresh = search.ask(at_once - len(flying))
        asked.extend(fresh)
        flying.extend(fresh)
        if not flying:
            return asked
        trial = flying.pop()
        search.tell(ended(trial, End.FAILED if failing and trial.number % failing == 0 else End.STOPPED_EARLY))


def sizes(trials: list[Trial]) -> dict[tuple[int, int], int]:
    """The number of trials for each pair of first and last epoch."""
    pairs = [(t.initial_epoch, t.epochs) for t in trials]
    return {pair: pairs.count(pair) for pair in pairs}


def defined(epochs: int) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for bracket in brackets(epochs):
        starts = [0] + [last for _, last in bracket]
        for (size, last), first in zip(bracket, starts, strict=False):
            found[first, last] = found.get((first, last), 0) + size
    return found


def test_the_brackets_are_those_of_the_definition() -> None:
    # as KerasTuner defines them: the last rounds have ceil(1 + log3(27)) / (bracket + 1) = 4, 2, 4/3, 1 trials
    assert brackets(27) == [
        [(27, 1), (9, 3), (3, 9), (1, 27)],
        [(12, 3), (4, 9), (2, 27)],
        [(6, 9), (2, 27)],
        [(4, 27)],
    ]


@pytest.mark.parametrize("epochs", [1, 2, 3, 9, 10, 27, 50, 81, 100, 243])
def test_the_brackets_are_those_of_the_oracle(epochs: int) -> None:
    import keras_tuner

    oracle = keras_tuner.oracles.HyperbandOracle(objective=keras_tuner.Objective("val_loss", "min"), max_epochs=epochs)
    assert brackets(epochs) == [
        [(oracle._get_size(b, r), oracle._get_epochs(b, r)) for r in range(oracle._get_num_rounds(b))]
        for b in range(oracle._get_num_brackets() - 1, -1, -1)
    ]


@pytest.mark.parametrize("at_once", [1, 7, 200])
def test_hyperband_gives_each_round_its_trials_and_epochs(at_once: int, tmp_path: Path) -> None:
    search = create(SPACE, searching(), 27, tmp_path)
    trials = run(search, at_once)
    assert search.total == len(trials) == 27 + 9 + 3 + 1 + 12 + 4 + 2 + 6 + 2 + 4
    assert sizes(trials) == defined(27)


def test_hyperband_promotes_the_best_of_a_round_to_the_next(tmp_path: Path) -> None:
    trials = run(create(SPACE, searching(), 9, tmp_path), at_once=100)
    by_number = {t.number: t for t in trials}
    promoted = [t for t in trials if t.parent is not None]
    assert promoted
    for trial in promoted:
        parent = by_number[trial.parent or 0]
        assert trial.params == parent.params
        assert trial.initial_epoch == parent.epochs
    first = sorted(trials[:9], key=lambda t: float(t.params["x"]) ** 2)
    assert {t.parent for t in promoted if t.epochs == 3} == {t.number for t in first[:3]}


def test_hyperband_fills_its_rounds_though_trials_fail(tmp_path: Path) -> None:
    trials = run(create(SPACE, searching(), 27, tmp_path), at_once=5, failing=4)
    assert sizes(trials) == defined(27)
    assert all(t.parent is None or t.parent % 4 for t in trials), "a failed trial has no weights to start from"


def test_hyperband_comes_to_its_end_though_nearly_all_trials_fail(tmp_path: Path) -> None:
    search = create(SPACE, searching(), 27, tmp_path)
    failed: set[int] = set()
    while trials := search.ask(6):
        for trial in trials:
            assert trial.parent not in failed
            search.tell(ended(trial, End.COMPLETE if trial.number % 20 == 0 else End.FAILED))
            failed |= {trial.number} if trial.number % 20 else set()
    assert not search.ask(1)


def test_hyperband_waits_while_a_round_is_in_flight(tmp_path: Path) -> None:
    search = create(SPACE, searching(), 3, tmp_path)
    flying = list(search.ask(100))
    assert 0 < len(flying) < (search.total or 0)
    assert not search.ask(100)
    for trial in flying:
        search.tell(ended(trial))
    assert search.ask(100)


def test_hyperband_resumed_promotes_what_ended_before(tmp_path: Path) -> None:
    whole = run(create(SPACE, searching(), 9, tmp_path / "whole"), at_once=1)
    resumed: list[Trial] = []
    while trials := create(SPACE, searching(), 9, tmp_path / "parts").ask(1):
        resumed.extend(trials)
        create(SPACE, searching(), 9, tmp_path / "parts").tell(ended(trials[0]))
    assert resumed == whole
    assert any(t.parent for t in resumed)


def test_a_stepped_range_is_drawn_to_its_end_and_tidily(tmp_path: Path) -> None:
    space = Space({"x": Float(0.0, 0.3, step=0.1), "width": Int(1, 9, step=4), "deep": Int(1, 3, log=True)})
    trials = run(create(space, searching(sampler="random"), 9, tmp_path), at_once=1)
    assert {t.params["x"] for t in trials} == {0.0, 0.1, 0.2, 0.3}
    assert {t.params["width"] for t in trials} == {1, 5, 9}
    assert {t.params["deep"] for t in trials} == {1, 2, 3}
    assert len(trials) == 36, "each point of the space once"


@pytest.mark.parametrize("options", [(True, False), (True,), (1, 2), (0.5, 1.0), ("a", "b")])
def test_choices_keep_their_type(options: tuple[Any, ...], tmp_path: Path) -> None:
    space = Space({"x": Float(0.0, 1.0), "it": Choice(options)})
    drawn = {t.params["it"] for t in run(create(space, searching(sampler="random", trials=20), 9, tmp_path), at_once=1)}
    assert sorted(map(repr, drawn)) == sorted(map(repr, options))


@pytest.mark.parametrize(
    ("space", "given", "message"),
    [
        (SPACE, {"sampler": "tpe"}, 'keras_tuner has no sampler `tpe`. optuna has it: write `library = "optuna"`.'),
        (SPACE, {"pruner": "median"}, 'keras_tuner has no pruner `median`. optuna has it: write `library = "optuna"`.'),
        (SPACE, {"pruner": "rungs"}, "rungs does not fit the sampler hyperband"),
        (Space({}), {}, "hyperband has nothing to search"),
        (Space({"x": Int(1, 20)}), {}, "hyperband starts 62 different trials, and this space has 20 points."),
        (Space({"x": Float(0.0, 1.0), "epochs": Int(1, 9)}), {}, "training.epochs: hyperband decides the number of"),
        (Space({"x": Choice((1, "two"))}), {"sampler": "random"}, "they differ in type"),
    ],
)
def test_what_it_cannot_search_is_refused_with_the_mend(space: Space, given: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as error:
        check(space, searching(**given), 50)
    assert message in str(error.value)
