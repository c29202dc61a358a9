"""The contract of all searches for dimensions with `when`, for every library and sampler that `parts` lists."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import parts
from pipeline.config.experiment import SearchSettings
from pipeline.searches import Search
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Condition, Float, Int, Params, Space
from pipeline.values.trial import End, Outcome, Trial
from tests.contracts.test_searches import Parts, libraries, proposals, run

EPOCHS = 9
TRIALS = {"grid": 1000, "bayesian": 26}
"""KerasTuner's grid has a fixed order; its bayesian sampler takes seconds for each trial after the first 21."""
SGD = Condition("optimizer", ("sgd",))
SPACE = Space(
    {
        # before its parents, which is allowed in a file
        "decay": Choice((0.0, 0.5), (Condition("momentum", (2, 3)),)),
        "momentum": Int(1, 3, when=(SGD,)),
        "nesterov": Choice((True, False), (SGD, Condition("depth", (1, 2)))),
        "rate": Float(1e-4, 1.0, log=True, points=2),
        "rho": Float(0.5, 1.0, step=0.5, when=(Condition("optimizer", ("rmsprop", "adadelta")),)),
        "optimizer": Choice(("sgd", "rmsprop", "adadelta", "adam")),
        "depth": Int(1, 3),
    }
)


def conditional(*, able: bool) -> Parts:
    return [(n, s) for n, s in libraries() if (s in parts.search(n).CONDITIONAL) is able]


def searching(name: str, sampler: str, **more: Any) -> SearchSettings:
    library = name if name in ("optuna", "keras_tuner") else "own"
    listed = [SPACE.at([(i * 0.618 + d * i * 0.271) % 1 for d in range(len(SPACE.dimensions))]) for i in range(40)]
    return SearchSettings.model_validate(
        {"library": library, "sampler": sampler, "trials": TRIALS.get(sampler, 40), "listed": listed, **more}
    )


def create(name: str, sampler: str, folder: Path, **more: Any) -> Search:
    part = parts.search(name)
    chosen = searching(name, sampler, **more)
    part.check(SPACE, chosen, EPOCHS)
    return part.create(SPACE, chosen, EPOCHS, folder)


def applying(params: Params) -> set[str]:
    """The dimensions that should apply, computed independently of `Space`."""
    found = {"rate", "optimizer", "depth"}
    if params["optimizer"] == "sgd":
        found |= {"momentum"} | ({"nesterov"} if int(params["depth"]) < 3 else set())
        found |= {"decay"} if int(params["momentum"]) > 1 else set()
    return found | ({"rho"} if params["optimizer"] in ("rmsprop", "adadelta") else set())


def ended(trial: Trial) -> Outcome:
    """The outcome of a trial; only sgd can have the best values, so that some samplers find it and stay there."""
    if trial.number % 7 == 0:
        return Outcome(trial, trial.params, End.FAILED, None, None, ())
    value = float(trial.params["rate"]) + (0.1 * int(trial.params["momentum"]) if "momentum" in trial.params else 1.0)
    return Outcome(trial, trial.params, End.COMPLETE, value, trial.epochs, ())


@pytest.mark.parametrize(("name", "sampler"), conditional(able=True))
def test_a_trial_has_what_applies_and_nothing_else(name: str, sampler: str, tmp_path: Path) -> None:
    trials = run(create(name, sampler, tmp_path), at_once=3, end=ended)
    for trial in trials:
        assert trial.params.keys() == applying(trial.params)
        assert SPACE.holds(trial.params)
    assert {trial.params["optimizer"] for trial in trials} == {"sgd", "rmsprop", "adadelta", "adam"}
    for dependent in ("momentum", "nesterov", "decay", "rho"):
        assert {dependent in trial.params for trial in trials} == {True, False}


@pytest.mark.parametrize(("name", "sampler"), conditional(able=True))
def test_killed_after_each_trial_it_asks_for_the_same(name: str, sampler: str, tmp_path: Path) -> None:
    whole = run(create(name, sampler, tmp_path / "whole", trials=24), end=ended)
    resumed: list[Trial] = []
    while trials := create(name, sampler, tmp_path / "parts", trials=24).ask(1):
        again = create(name, sampler, tmp_path / "parts", trials=24)
        assert proposals(again.ask(1)) == proposals(trials), "a trial in flight at the kill is given out again"
        resumed.extend(trials)
        again.tell(ended(trials[0]))
    assert proposals(resumed) == proposals(whole)


@pytest.mark.parametrize("name", ["optuna", "keras_tuner"])
def test_a_grid_has_every_point_once_and_knows_how_many(name: str, tmp_path: Path) -> None:
    search = create(name, "grid", tmp_path, trials=1000)
    points = [frozenset(trial.params.items()) for trial in run(search, end=ended)]
    assert len(set(points)) == len(points) == search.total
    assert set(points) == {frozenset(point.items()) for point in SPACE.grid()}


def test_a_promoted_trial_keeps_what_applies(tmp_path: Path) -> None:
    trials = {t.number: t for t in run(create("keras_tuner", "hyperband", tmp_path, trials=1000), end=ended)}
    promoted = [trial for trial in trials.values() if trial.parent is not None]
    assert any("momentum" in trial.params for trial in promoted)
    for trial in promoted:
        assert trial.params == trials[trial.parent or 0].params


@pytest.mark.parametrize(("name", "sampler"), conditional(able=False))
def test_what_cannot_is_refused_with_those_that_can(name: str, sampler: str) -> None:
    part = parts.search(name)
    with pytest.raises(UserError) as error:
        part.check(SPACE, searching(name, sampler), EPOCHS)
    message = str(error.value)
    assert message.startswith(f"search.sampler: {sampler} cannot leave decay out of a trial, as its `when` asks.")
    assert all(able in message.partition("These can: ")[2] for pair in conditional(able=True) for able in pair[1:])


@pytest.mark.parametrize(("name", "sampler"), conditional(able=False))
def test_the_same_space_without_conditions_is_taken_and_each_trial_has_all_of_it(
    name: str, sampler: str, tmp_path: Path
) -> None:
    part = parts.search(name)
    whole = Space({name: replace(dimension, when=()) for name, dimension in SPACE.dimensions.items()})
    chosen = searching(name, sampler, trials=5)
    part.check(whole, chosen, EPOCHS)
    trials = run(part.create(whole, chosen, EPOCHS, tmp_path), end=ended)
    assert [trial.number for trial in trials] == [1, 2, 3, 4, 5]
    for trial in trials:
        assert trial.params.keys() == SPACE.dimensions.keys()
        assert whole.holds(trial.params)
