"""The contract of all searches, tested for every library and sampler that `parts` lists, so also for new ones."""

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TypeAlias

import pytest

from pipeline.config import parts
from pipeline.config.experiment import SearchSettings
from pipeline.searches import Search
from pipeline.tuning.rungs import Rungs
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int, Params, Scalar, Space
from pipeline.values.trial import End, Epoch, Outcome, Trial, Verdict, trial_seed

EPOCHS = 9
SPACE = Space(
    {
        "x": Float(-2.0, 3.0),
        "rate": Float(1e-4, 1.0, log=True),
        "dropout": Float(0.0, 0.5, step=0.1),
        "width": Int(8, 128, step=8),
        "units": Int(1, 64, log=True),
        "nesterov": Choice((True, False)),
        "activation": Choice(("relu", "elu", "gelu")),
    }
)
GRID = Space({"x": Float(-2.0, 3.0, points=6), "width": Int(1, 7, step=2), "nesterov": Choice((True, False))})

Parts: TypeAlias = list[tuple[str, str]]


def libraries() -> Parts:
    named = ((name, parts.search(name)) for name in parts.names("searches"))
    return [(name, sampler) for name, part in named for sampler in part.SAMPLERS]


def prunings() -> list[tuple[str, str, str]]:
    """All (part, sampler, pruner) triples that the part's `check` allows."""
    found = []
    for name, sampler in libraries():
        part = parts.search(name)
        for pruner in part.PRUNERS:
            space, chosen = settings(name, sampler, pruner=pruner)
            try:
                part.check(space, chosen, EPOCHS)
            except UserError:
                continue
            found.append((name, sampler, pruner))
    return found


def settings(name: str, sampler: str, trials: int = 12, **more: Scalar) -> tuple[Space, SearchSettings]:
    space = GRID if sampler == "grid" else SPACE
    library = name if name in ("optuna", "keras_tuner") else "own"
    listed = [
        space.at([(i * 0.618034 + d * i * 0.271) % 1 for d in range(len(space.dimensions))]) for i in range(trials)
    ]
    given = {"library": library, "sampler": sampler, "trials": trials, "listed": listed, **more}
    return space, SearchSettings.model_validate(given)


class Maker:
    """Creates the same search in one folder, as often as it is called."""

    def __init__(self, name: str, sampler: str, folder: Path) -> None:
        self.part = parts.search(name)
        self.name, self.sampler, self.folder = name, sampler, folder

    def __call__(self, folder: str = "search", trials: int = 12, **more: Scalar) -> Search:
        space, chosen = settings(self.name, self.sampler, trials, **more)
        self.part.check(space, chosen, EPOCHS)
        search = self.part.create(space, chosen, EPOCHS, self.folder / folder)
        return Rungs(search, chosen.objective) if chosen.pruner == "rungs" else search

    @property
    def space(self) -> Space:
        return settings(self.name, self.sampler)[0]


@pytest.fixture(params=libraries(), ids="/".join)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    name, sampler = request.param
    return Maker(name, sampler, tmp_path)


def loss(params: Params) -> float:
    """A quadratic bowl with its minimum at x = 1 and width = 40, which the samplers should find."""
    return (float(params["x"]) - 1) ** 2 + ((float(params["width"]) - 40) / 60) ** 2


def ended(trial: Trial, end: End = End.COMPLETE, value: float | None = None) -> Outcome:
    has_value = end in (End.COMPLETE, End.STOPPED_EARLY)
    found = (loss(trial.params) if value is None else value) if has_value else None
    return Outcome(trial, trial.params, end, found, trial.epochs if has_value else None, ())


def run(search: Search, at_once: int = 1, end: Callable[[Trial], Outcome] = ended) -> list[Trial]:
    """All trials of the search, with up to `at_once` in flight, told in the order in which they were asked."""
    asked: list[Trial] = []
    while trials := search.ask(at_once):
        asked.extend(trials)
        for trial in trials:
            search.tell(end(trial))
    return asked


def proposals(trials: Iterable[Trial]) -> list[tuple[int, dict[str, Scalar], int, int, int | None, int]]:
    return [(t.number, dict(t.params), t.seed, t.epochs, t.parent, t.initial_epoch) for t in trials]


def test_params_lie_in_the_space_and_are_of_its_types(make: Maker) -> None:
    for trial in run(make(trials=23)):
        assert make.space.holds(trial.params)
        for name, dimension in make.space.dimensions.items():
            expected = {Float: float, Int: int}.get(type(dimension))
            options = (type(o) for o in dimension.options) if isinstance(dimension, Choice) else ()
            assert type(trial.params[name]) in {expected, *options}


def test_numbers_count_from_one_and_seeds_follow_them(make: Maker) -> None:
    trials = run(make(seed=11), at_once=3)
    assert [t.number for t in trials] == list(range(1, len(trials) + 1))
    assert [t.seed for t in trials] == [trial_seed(11, t.number) for t in trials]


def test_trials_have_a_budget_of_epochs(make: Maker) -> None:
    for trial in run(make()):
        assert 0 <= trial.initial_epoch < trial.epochs <= EPOCHS
        assert (trial.parent is None) == (trial.initial_epoch == 0)


def test_the_same_seed_gives_the_same_trials(make: Maker) -> None:
    assert proposals(run(make("one"), at_once=3)) == proposals(run(make("two"), at_once=3))


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_any_seed_is_a_seed(make: Maker, seed: int) -> None:
    assert proposals(run(make("one", seed=seed))) == proposals(run(make("two", seed=seed)))


def test_another_seed_gives_other_trials(make: Maker) -> None:
    # KerasTuner's grid has only one order, that of the file
    if (make.name, make.sampler) not in (("listed", "listed"), ("keras_tuner", "grid")):
        assert [t.params for t in run(make("one", seed=1))] != [t.params for t in run(make("two", seed=2))]


def test_it_ends_after_its_total(make: Maker) -> None:
    search = make(trials=10)
    assert search.total is not None
    assert search.total <= 10
    assert len(run(search, at_once=4)) == search.total
    assert not search.ask(1)


def test_ask_never_gives_more_than_it_was_asked_for(make: Maker) -> None:
    search = make()
    assert not search.ask(0)
    for count in (1, 3, 2):
        trials = search.ask(count)
        assert len(trials) <= count
        for trial in trials:
            search.tell(ended(trial))


def test_failed_trials_do_not_end_a_search(make: Maker) -> None:
    def two_of_three_fail(trial: Trial) -> Outcome:
        return ended(trial) if trial.number % 3 == 0 else ended(trial, End.FAILED)

    assert len(run(make(trials=12), end=two_of_three_fail)) == make("whole", trials=12).total


def test_a_search_of_failures_comes_to_its_end(make: Maker) -> None:
    assert run(make(), at_once=2, end=lambda trial: ended(trial, End.FAILED))


def test_trials_in_flight_may_end_in_any_order(make: Maker) -> None:
    search = make(trials=12)
    flying = list(search.ask(4))
    seen = list(flying)
    while flying:
        search.tell(ended(flying.pop()))
        fresh = search.ask(4 - len(flying))
        flying.extend(fresh)
        seen.extend(fresh)
    assert len({t.number for t in seen}) == len(seen) == search.total


def test_a_value_that_is_no_number_is_survived(make: Maker) -> None:
    search = make()
    trials = run(search, end=lambda trial: ended(trial, value=float("nan") if trial.number < 4 else None))
    assert len(trials) == search.total


def test_it_says_nothing_and_warns_of_nothing(make: Maker, capfd: pytest.CaptureFixture[str]) -> None:
    make("imports")
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(make(trials=16), at_once=2)
    assert capfd.readouterr() == ("", "")


def test_resumed_it_goes_on_as_if_it_had_never_stopped(make: Maker) -> None:
    def some_fail(trial: Trial) -> Outcome:
        return ended(trial, End.FAILED) if trial.number % 5 == 0 else ended(trial)

    whole = run(make("whole", trials=10), end=some_fail)
    resumed: list[Trial] = []
    while True:  # a new object for each trial
        search = make("parts", trials=10)
        trials = search.ask(1)
        if not trials:
            break
        resumed.extend(trials)
        search.tell(some_fail(trials[0]))
    assert proposals(resumed) == proposals(whole)


def test_resumed_it_gives_out_again_what_was_in_flight_and_nothing_that_ended(make: Maker) -> None:
    search = make(trials=10)
    first, second, third, fourth = search.ask(4)
    search.tell(ended(third))
    search.tell(ended(first, End.FAILED))
    resumed = make(trials=10)
    again = resumed.ask(2)
    assert proposals(again) == proposals([second, fourth])
    for trial in again:
        resumed.tell(ended(trial))
    later = run(resumed)
    assert [t.number for t in later] == list(range(5, (resumed.total or 0) + 1))


def test_a_finished_search_is_extended_by_a_larger_total(make: Maker) -> None:
    if make.sampler == "listed":
        pytest.skip("the length of its list is its total")
    first = run(make(trials=6))
    further = run(make(trials=9))
    assert [t.number for t in (*first, *further)] == list(range(1, 10))


@pytest.mark.parametrize(("name", "sampler", "pruner"), prunings())
def test_reports_are_judged_and_pruned_trials_free_their_place(
    name: str, sampler: str, pruner: str, tmp_path: Path
) -> None:
    def train(search: Search, trials: Sequence[Trial]) -> set[End]:
        ends = set()
        for trial in trials:
            outcome = ended(trial)
            for number in range(trial.initial_epoch + 1, trial.epochs + 1):
                value = float("nan") if trial.number == 2 else loss(trial.params) + 1 / number
                if search.report(Epoch(trial.number, number, {"val_loss": value})) is Verdict.PRUNE:
                    outcome = ended(trial, End.PRUNED)
                    break
            search.tell(outcome)
            ends.add(outcome.end)
        return ends

    search = Maker(name, sampler, tmp_path)(trials=20, pruner=pruner)
    ends: set[End] = set()
    count = 0
    while trials := search.ask(2):
        count += len(trials)
        ends |= train(search, trials)
    assert count == search.total
    assert (End.PRUNED in ends) == (pruner != "none")


def test_accuracy_is_to_be_large(make: Maker) -> None:
    """The objective is minimized or maximized, as its name says."""
    if make.sampler in ("tpe", "cmaes"):
        found = run(make(trials=60, objective="val_accuracy"), end=lambda t: ended(t, value=-loss(t.params)))
        assert median(loss(t.params) for t in found[40:]) < median(loss(t.params) for t in found[:15])


@pytest.mark.slow
def test_the_best_of_sixty_is_far_better_than_the_median(make: Maker) -> None:
    # KerasTuner's bayesian sampler takes seconds a trial after its first 21; with fewer trials more is asked of it
    trials = 26 if make.sampler == "bayesian" else 60
    values = sorted(loss(t.params) for t in run(make(trials=trials)))
    assert values[0] < 0.2 * median(values)


@pytest.mark.parametrize("field", ["sampler", "pruner"])
def test_an_unknown_name_is_refused_with_what_is_allowed(make: Maker, field: str) -> None:
    space, chosen = settings(make.name, make.sampler)
    with pytest.raises(UserError, match=rf"search\.{field}: .*`nothing_like_it`.*Allowed: "):
        make.part.check(space, chosen.model_copy(update={field: "nothing_like_it", "library": chosen.library}), EPOCHS)


def test_a_file_is_checked_without_importing_any_library() -> None:
    checking = """
import sys
from tests.contracts.test_searches import EPOCHS, prunings
assert prunings()
assert not {"optuna", "keras", "keras_tuner", "tensorflow", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", checking], check=True)
