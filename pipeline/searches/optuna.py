"""Optuna's samplers and pruners behind `ask` and `tell`; the study is a journal in the search's folder."""

import math
import warnings
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast, final

from pipeline.config.experiment import SearchSettings
from pipeline.searches._designs import Grid, SobolPoints
from pipeline.searches._optuna_storage import JournalBackend
from pipeline.searches._validation import check_conditions, check_grid, check_names, check_rungs, check_searchable
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Dimension, Float, Int, Params, Scalar, Space
from pipeline.values.trial import Direction, End, Epoch, Outcome, Trial, Verdict, trial_seed

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages.journal import BaseJournalBackend

SAMPLERS: Final = ("tpe", "cmaes", "qmc", "random", "grid")
CONDITIONAL: Final = ("tpe", "qmc", "random", "grid")
PRUNERS: Final = ("none", "rungs", "median", "hyperband", "asha")

NUMBER: Final = "number"
"""The trial attribute with the number in this project; Optuna's own numbers may have gaps."""

END: Final = "end"
"""The trial attribute with the trial's end as text."""


def check(space: Space, settings: SearchSettings, epochs: int) -> None:  # noqa: ARG001 the protocol's
    """UserError if Optuna cannot search this space with these settings."""
    check_names(settings, SAMPLERS, PRUNERS)
    check_searchable(space, settings)
    check_rungs(space, settings)
    check_grid(space, settings)
    check_conditions(space, settings, CONDITIONAL)
    numeric = [d for d in space.dimensions.values() if isinstance(d, Float | Int) and d.low < d.high]
    if settings.sampler == "cmaes" and len(numeric) < 2:
        problem = f"cmaes needs two ranges of numbers, and this space has {len(numeric)}."
        raise UserError("search.sampler", problem, 'Write `sampler = "tpe"`.')


def create(space: Space, settings: SearchSettings, epochs: int, folder: Path) -> "OptunaSearch":
    """The search with the journal in `folder`: a new one, or the earlier one that is stored there."""
    return OptunaSearch(space, settings, epochs, folder)


@final
class OptunaSearch:
    """An Optuna study used with `ask` and `tell`; a trial ends as complete, as failed, or as pruned by Optuna."""

    promotes = False
    epochs: int | None = None

    def __init__(self, space: Space, settings: SearchSettings, epochs: int, folder: Path) -> None:
        import optuna
        from optuna.storages import JournalStorage

        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        self._space, self._settings, self._epochs = space, settings, epochs
        self._design = Grid(space, settings) if settings.sampler == "grid" else SobolPoints(space, settings)
        self._limit = min(settings.trials, self._design.size) if settings.sampler == "grid" else settings.trials
        self.total: int | None = self._limit
        self._distributions = {name: _distribution(d) for name, d in space.dimensions.items()}
        self._storage = JournalStorage(cast("BaseJournalBackend", JournalBackend(folder / "optuna.journal")))
        direction = optuna.study.StudyDirection[Direction.of(settings.objective).name]
        pruner = _pruner(settings.pruner, epochs)
        # the pruner `hyperband` assigns trials to brackets by the study's name: it must always be the same
        self._study = optuna.create_study(
            storage=self._storage, study_name="search", direction=direction, pruner=pruner, load_if_exists=True
        )
        self._optunas: dict[int, int] = {}
        self._again: deque[Trial] = deque()
        self._asked = 0
        self._resume()

    def ask(self, count: int) -> Sequence[Trial]:
        given = [self._again.popleft() for _ in range(min(count, len(self._again)))]
        while len(given) < count and self._asked < self._limit:
            given.append(self._next(self._asked + 1))
        return given

    def report(self, epoch: Epoch) -> Verdict:
        if self._settings.pruner in ("none", "rungs"):
            return Verdict.GO_ON
        # through the storage: an `optuna.Trial` made from a resumed trial would sample again
        trial = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, self._optunas[epoch.trial])
        value = epoch.metrics.get(self._settings.objective, math.nan)
        self._storage.set_trial_intermediate_value(trial, epoch.number, value)
        prune = self._study.pruner.prune(self._study, self._storage.get_trial(trial))
        return Verdict.PRUNE if prune else Verdict.GO_ON

    def tell(self, outcome: Outcome) -> None:
        from optuna.trial import TrialState

        number = self._optunas[outcome.number]
        trial = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
        # a trial that rungs pruned arrives as failed
        end = End.PRUNED if outcome.pruned else outcome.end
        self._storage.set_trial_user_attr(trial, END, end.value)
        if outcome.end is End.PRUNED:
            self._study.tell(number, state=TrialState.PRUNED)
        elif outcome.value is None or math.isnan(outcome.value) or outcome.end is End.FAILED:
            self._study.tell(number, state=TrialState.FAIL)
        else:
            self._study.tell(number, outcome.value)

    @property
    def _study_id(self) -> int:
        return self._storage.get_study_id_from_name("search")

    def _next(self, number: int) -> Trial:
        point = self._design.at(number)
        if point is None:
            # a new sampler for each trial, so that a resumed search continues as if it had never stopped
            self._study.sampler = _sampler(self._settings, number)
            asked = self._study.ask()
            for name in self._space.ordered:
                if name in self._space.active(asked.params):
                    asked._suggest(name, self._distributions[name])  # noqa: SLF001 what `ask(distributions)` calls
            asked.set_user_attr(NUMBER, number)
            self._optunas[number], params = asked.number, asked.params
        else:
            self._optunas[number], params = self._place(number, point), point
        self._asked = number
        return self._trial(number, params)

    def _place(self, number: int, point: Params) -> int:
        from optuna.trial import TrialState, create_trial

        # writes one line of the journal; `enqueue_trial` and `ask` write several, and a kill could come between them
        placed = create_trial(
            state=TrialState.RUNNING,
            params=dict(point),
            distributions={name: self._distributions[name] for name in point},
            user_attrs={NUMBER: number},
        )
        return self._storage.get_trial(self._storage.create_new_trial(self._study_id, placed)).number

    def _trial(self, number: int, params: Mapping[str, Scalar]) -> Trial:
        params = self._space.nearest(params)
        return Trial(number, params, trial_seed(self._settings.seed, number), int(params.get("epochs", self._epochs)))

    def _resume(self) -> None:
        from optuna.trial import TrialState

        for past in self._study.get_trials(deepcopy=False):
            number = past.user_attrs.get(NUMBER)
            if number is None:
                # the process was killed inside `ask`: this trial was never given out
                if past.state is TrialState.RUNNING:
                    self._study.tell(past.number, state=TrialState.FAIL)
                continue
            self._asked = max(self._asked, number)
            self._optunas[number] = past.number
            if past.state is TrialState.RUNNING:
                self._again.append(self._trial(number, past.params))


def _distribution(dimension: Dimension) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    match dimension:
        case Choice(options):
            return CategoricalDistribution(options)
        case Int(low, high, log, step):
            return IntDistribution(low, high, log=log, step=step)
        case Float(low, high, log, step):
            return FloatDistribution(low, high, log=log, step=step)


def _sampler(settings: SearchSettings, number: int) -> "BaseSampler":
    from optuna import samplers
    from optuna.exceptions import ExperimentalWarning

    from pipeline.searches._recent_tpe import RecentTPE

    seed = trial_seed(settings.seed, number)
    match settings.sampler:
        case "tpe":
            # Optuna's default of 10 is half of a short search, and by then as many again have been asked in advance
            return RecentTPE(seed=seed, n_startup_trials=max(1, min(10, settings.trials // 4)))
        case "cmaes":
            return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        case "qmc":  # all trials share one sequence, so its seed is the search's
            with warnings.catch_warnings():  # Optuna has marked it as experimental since 3.0
                warnings.simplefilter("ignore", ExperimentalWarning)
                return samplers.QMCSampler(scramble=True, seed=settings.seed, warn_independent_sampling=False)
        case _:
            return samplers.RandomSampler(seed=seed)


def _pruner(name: str, epochs: int) -> "BasePruner":
    from optuna import pruners

    match name:
        case "median":
            return pruners.MedianPruner()
        case "hyperband":
            return pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)
        case "asha":
            return pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
        case _:
            return pruners.NopPruner()
