"""KerasTuner's oracles behind `ask` and `tell`, without a Tuner; their state is in the search's folder."""

import json
import math
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, final

from pipeline.config.experiment import SearchSettings
from pipeline.config.paths import replacing
from pipeline.searches._designs import count
from pipeline.searches._validation import check_conditions, check_grid, check_names, check_rungs, check_searchable
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Dimension, Float, Int, Scalar, Space
from pipeline.values.trial import Direction, End, Epoch, Outcome, Trial, Verdict, trial_seed

SAMPLERS: Final = ("random", "bayesian", "hyperband", "grid")
CONDITIONAL: Final = SAMPLERS
PRUNERS: Final = ("none", "rungs")

FACTOR: Final = 3
"""Hyperband promotes one of `FACTOR` trials of a round and trains it `FACTOR` times as long."""

ORPHAN: Final = "its parent failed"
"""The message of a promoted trial that was never given out."""


def check(space: Space, settings: SearchSettings, epochs: int) -> None:
    """UserError if KerasTuner cannot search this space with these settings."""
    check_names(settings, SAMPLERS, PRUNERS)
    check_searchable(space, settings)
    check_rungs(space, settings)
    check_grid(space, settings)
    check_conditions(space, settings, CONDITIONAL)
    for name, dimension in space.dimensions.items():
        if isinstance(dimension, Choice) and len({type(option) for option in dimension.options}) > 1:
            problem = f"keras_tuner cannot choose between {list(dimension.options)} for {name}: they differ in type."
            raise UserError("search.library", problem, 'Write them with one type, or `library = "optuna"`.')
    if settings.sampler == "hyperband" and settings.folds > 1:
        problem = "hyperband continues trials from their weights, and with `search.folds` above 1 they keep none."
        raise UserError("search.folds", problem, "Write `search.folds = 1`, or another sampler.")
    if settings.sampler == "hyperband":
        starts = min(settings.trials, sum(bracket[0][0] for bracket in brackets(epochs)))
        if _points(space) < starts:
            problem = f"hyperband starts {starts} different trials, and this space has {_points(space)} points."
            raise UserError("search.sampler", problem, 'Write `sampler = "random"`, or widen the space.')


def create(space: Space, settings: SearchSettings, epochs: int, folder: Path) -> "KerasTunerSearch":
    """The search with the oracle's state in `folder`: a new one, or the earlier one that is stored there."""
    return KerasTunerSearch(space, settings, epochs, folder)


def brackets(epochs: int) -> list[list[tuple[int, int]]]:
    """Hyperband's brackets in their order, as `HyperbandOracle` runs them: (trials, last epoch) for each round."""
    count, rest = 0, float(epochs)
    while rest >= 1:
        count, rest = count + 1, rest / FACTOR
    ends = math.ceil(1 + math.log(epochs, FACTOR))
    return [
        [
            (math.ceil(ends / (number + 1) * FACTOR**rounds_left), math.ceil(epochs / FACTOR**rounds_left))
            for rounds_left in range(number, -1, -1)
        ]
        for number in range(count - 1, -1, -1)
    ]


def _promoted(epochs: int) -> int:
    """The epochs of all of hyperband's trials: a promoted one goes on from where its parent ended."""
    total = 0
    for bracket in brackets(epochs):
        before = 0
        for size, end in bracket:
            total += size * (end - before)
            before = end
    return total


@final
class KerasTunerSearch:
    """An oracle that is asked for one trial at a time and told each trial's value once, at its end.

    A trial's number is its position among the trials given out. Its `message` on disk is its end as text.
    """

    def __init__(self, space: Space, settings: SearchSettings, epochs: int, folder: Path) -> None:
        self._space, self._settings, self._most_epochs = space, settings, epochs
        self._folder = folder / "oracle"
        self.promotes = settings.sampler == "hyperband"
        self._limit = int(min(settings.trials, _own(space, settings, epochs)))
        self.total: int | None = self._limit
        self.epochs: int | None = _promoted(epochs) if self.promotes else None
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._again: deque[Trial] = deque()
        self._waits = False
        with _quiet():
            self._oracle = _oracle(space, settings, epochs)
            self._oracle._set_project_dir(str(folder), self._folder.name)  # noqa: SLF001 what a Tuner calls
            if (self._folder / "oracle.json").is_file():
                self._reload()
        # the oracle overwrites its files in place, and a kill could leave half of one: `_keep` writes them instead
        self._oracle.save = self._oracle._save_trial = lambda *_: None  # noqa: SLF001

    def ask(self, count: int) -> Sequence[Trial]:
        given = [self._again.popleft() for _ in range(min(count, len(self._again)))]
        while len(given) < count and len(self._numbers) < self._limit and not self._waits:
            trial = self._next()
            if trial is not None:
                given.append(trial)
        return given

    def report(self, epoch: Epoch) -> Verdict:  # noqa: ARG002 the protocol's
        return Verdict.GO_ON

    def tell(self, outcome: Outcome) -> None:
        # a trial that rungs pruned arrives as failed
        end = End.PRUNED if outcome.pruned else outcome.end
        self._end(self._oracle.trials[self._ids[outcome.number]], end.value, outcome.value)
        self._waits = False

    def _next(self) -> Trial | None:
        if self._settings.sampler == "bayesian":
            # reseed for each trial, so that a resumed search continues as if it had never stopped
            self._oracle._random_state.seed(trial_seed(self._settings.seed, len(self._oracle.trials)))  # noqa: SLF001
        with _quiet():
            asked = self._oracle.create_trial(f"slot of {len(self._oracle.trials)}")
        if asked.status != "RUNNING":
            # do not ask the oracle again before a trial ends: it would use up random numbers without a result
            self._waits = True
            return None
        parent = asked.hyperparameters.values.get("tuner/trial_id")
        if parent is not None and math.isinf(self._oracle.trials[parent].score):
            self._end(asked, ORPHAN, None)
            return None
        if self._settings.sampler == "grid":
            # the oracle does this with its first trial: the next point does not wait for the end of this one
            self._oracle._populate_next.append(asked.trial_id)  # noqa: SLF001
        self._count(asked)
        self._keep(asked)
        return self._trial(asked)

    def _end(self, trial: Any, message: str, value: float | None) -> None:
        trial.message = message
        trial.status = "COMPLETED"
        if value is None or math.isnan(value):
            # a bracket counts only complete trials: with a failed trial its rounds would never fill up
            worst = math.inf if Direction.of(self._settings.objective) is Direction.MINIMIZE else -math.inf
            value, trial.status = worst, "COMPLETED" if self.promotes else "FAILED"
        with _quiet():
            self._oracle.update_trial(trial.trial_id, {self._settings.objective: value})
            self._oracle.end_trial(trial)
        self._keep(trial)

    def _count(self, trial: Any) -> None:
        number = len(self._numbers) + 1
        self._numbers[trial.trial_id], self._ids[number] = number, trial.trial_id

    def _trial(self, given: Any) -> Trial:
        values = given.hyperparameters.values
        number = self._numbers[given.trial_id]
        params = self._space.nearest(values)
        return Trial(
            number,
            params,
            trial_seed(self._settings.seed, number),
            values.get("tuner/epochs", params.get("epochs", self._most_epochs)),
            self._numbers.get(values.get("tuner/trial_id")),
            values.get("tuner/initial_epoch", 0),
        )

    def _keep(self, trial: Any) -> None:
        """Write the trial's file, then the oracle's: a trial that the oracle's file does not name was not given out."""
        _write(self._folder / f"trial_{trial.trial_id}" / "trial.json", trial.get_state())
        _write(self._folder / "oracle.json", self._oracle.get_state())

    def _reload(self) -> None:
        oracle = self._oracle
        oracle.reload()
        oracle.trials = {name: oracle.trials[name] for name in oracle.start_order}
        # the oracle would repeat its running trials in reverse order, and also those whose end it had not saved yet
        oracle._retry_queue = []  # noqa: SLF001
        if self._settings.sampler == "grid":
            # the oracle's file does not say which points were given out
            for before, name in zip([None, *oracle.start_order], oracle.start_order, strict=False):
                oracle._ordered_ids.insert(name, before)  # noqa: SLF001
            oracle._populate_next = oracle.start_order[-1:]  # noqa: SLF001
        for name, trial in oracle.trials.items():
            if trial.message != ORPHAN:
                self._count(trial)
            if trial.status == "RUNNING":
                oracle.ongoing_trials[f"slot of {name}"] = trial
                self._again.append(self._trial(trial))


def _oracle(space: Space, settings: SearchSettings, epochs: int) -> Any:
    import keras_tuner
    from keras_tuner.src.engine.conditions import Parent

    shape = keras_tuner.HyperParameters()
    for name in space.ordered:
        dimension = space.dimensions[name]
        # `conditional_scope` cannot be used: it does not find a parent outside the scope around it
        shape._conditions = [  # noqa: SLF001
            Parent(parent, _own_values(space.dimensions[parent], values))
            for parent, values in space.conditions(name).items()
        ]
        _declare(shape, name, Choice(dimension.grid()) if settings.sampler == "grid" else dimension)
    shape._conditions = []  # noqa: SLF001
    direction = "min" if Direction.of(settings.objective) is Direction.MINIMIZE else "max"
    given = {
        "objective": keras_tuner.Objective(settings.objective, direction),
        "hyperparameters": shape,
        # KerasTuner treats 0 as no seed, and neighbouring seeds draw the same numbers shifted by one
        "seed": trial_seed(settings.seed, 0) or 1,
        "max_consecutive_failed_trials": settings.trials + 1,
    }
    oracles, trials = keras_tuner.oracles, settings.trials
    match settings.sampler:
        case "hyperband":
            oracle = oracles.HyperbandOracle(max_epochs=epochs, factor=FACTOR, **given)
        case "bayesian":
            oracle = oracles.BayesianOptimizationOracle(max_trials=trials, **given)
        case "grid":
            oracle = oracles.GridSearchOracle(max_trials=trials, **given)
        case _:
            oracle = oracles.RandomSearchOracle(max_trials=trials, **given)
    oracle.verbose = 0
    # the default of 20 would end a search of 100 points while a third of them is untried
    oracle._max_collisions = 2000  # noqa: SLF001
    return oracle


def _declare(shape: Any, name: str, dimension: Dimension) -> None:
    match dimension:
        case Int(low, high, log, step):
            shape.Int(name, low, high, step=None if log else step, sampling="log" if log else "linear")
        case Float(low, high, log, None):
            shape.Float(name, low, high, sampling="log" if log else "linear")
        case Float(low, high, _, step):  # half a step more: otherwise 0.3 // 0.1 = 2 loses the last value
            shape.Float(name, low, high + (step or 0) / 2, step=step)
        case Choice((bool() as only,)):
            shape.Fixed(name, only)
        case Choice((bool(), *_)):  # KerasTuner's Choice would turn them into numbers
            shape.Boolean(name)
        case Choice(options):
            shape.Choice(name, list(options))


def _own_values(dimension: Dimension, values: Sequence[Scalar]) -> list[Scalar]:
    """The values with the types that the dimension has: KerasTuner would turn both 0 and 0.5 into integers."""
    return [o for o in dimension.options if o in values] if isinstance(dimension, Choice) else list(values)


def _own(space: Space, settings: SearchSettings, epochs: int) -> float:
    """The number of trials after which a sampler ends by itself; infinite if it never does."""
    if settings.sampler == "hyperband":
        return sum(size for bracket in brackets(epochs) for size, _ in bracket)
    if settings.sampler == "grid":
        return count(space, lambda dimension: len(dimension.grid()))
    return _points(space)


def _points(space: Space) -> float:
    """How many points the space has; infinite with a continuous dimension."""
    whole = {n: replace(d, points=None) if isinstance(d, Int) else d for n, d in space.dimensions.items()}
    return count(Space(whole), _places)


def _places(dimension: Dimension) -> float:
    match dimension:
        case Float(low, high, _, None):
            return 1 if low == high else math.inf
        case Float(low, high, _, step):
            return round((high - low) / (step or 1)) + 1
        case Int(low, high, _, step):
            return (high - low) // step + 1
        case Choice(options):
            return len(options)


def _write(path: Path, state: dict[str, Scalar]) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(state))


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # KerasTuner calls threading.currentThread each time
        yield
