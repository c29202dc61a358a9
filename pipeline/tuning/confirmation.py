"""Confirmation: a search's best settings, trained again on new folds from new seeds.

The best value of a search is partly luck: many trials were judged by the same few rows. The values of these trainings
are not, because nothing was chosen by them before (Cawley and Talbot, On Over-fitting in Model Selection, JMLR 2010).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.searches.listed import Listed
from pipeline.trackers import Tracker
from pipeline.tuning.interrupt import interruptible
from pipeline.tuning.loop import Limits, Loop
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint
from pipeline.values.confirmed import ConfirmedSetting
from pipeline.values.data import Prepared
from pipeline.values.events import CONFIRMATIONS, SearchMeasured
from pipeline.values.space import Params
from pipeline.values.trial import Confirms, End, Leaderboard, Outcome, Trial, trial_seed

SHARE: Final = 1 / 3
"""The largest share of the search's own work that its confirmation may add."""
FREE: Final = 2e10
"""Confirmation may always cost this much work: ten times that of the experiment `titanic` (2 s on two cores)."""
FEWER: Final = 3
"""If the work is too much, only so many candidates are trained; if it still is, on no more than so many folds."""
FOLDER: Final = "confirmation"
"""The folder inside a search's own one, with the journal and the weights of its confirmation."""


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained after a search: each of `candidates`, best first, and the `baseline`, on each of `folds` folds.

    Without candidates nothing is trained, and `note` says why. Otherwise `note` says what was left out to save time.
    """

    candidates: tuple[Outcome, ...] = ()
    baseline: Outcome | None = None
    folds: int = 0
    note: str = ""

    @property
    def settings(self) -> tuple[Outcome, ...]:
        """The candidates and the baseline, in the order in which they are trained."""
        known = () if self.baseline is None else (self.baseline,)
        return (*self.candidates[:FEWER], *known, *self.candidates[FEWER:])

    def trials(self, seed: int) -> list[Trial]:
        """The trainings, those of one setting next to each other, each from a seed of its own."""
        made = []
        for outcome in self.settings:
            for fold in range(self.folds):
                of = Confirms(outcome.number, fold, self.folds)
                drawn = trial_seed(seed, of.number)
                made.append(Trial(of.number, outcome.trial.params, drawn, outcome.trial.epochs, fold=fold, confirms=of))
        return made


@final
@dataclass(frozen=True, slots=True)
class Confirmation:
    """The settings that were trained on all folds, best first, and the baseline if it was.

    `refit` is the best setting's training on all rows, if the file asks for a single model. `interrupted` means that
    Ctrl-C or SIGTERM came before the end; the next run goes on.
    """

    settings: tuple[ConfirmedSetting, ...]
    baseline: ConfirmedSetting | None
    refit: Outcome | None = None
    interrupted: bool = False


def plan(board: Leaderboard, experiment: Experiment, rows: int, *, always: bool = False) -> Plan:
    """The plan for a search on `rows` rows: as the file asks, or smaller if it is more work than `SHARE` of the search.

    A training's work is its rows times its epochs times its parameters. With `always` there is no limit. If the search
    trained each trial on several folds, there is always a plan: no trial has weights of its own. The plan depends only
    on the search's outcomes, so a command that goes on makes the same one again.
    """
    asked = experiment.evaluate
    if not asked.confirm:
        return Plan(note="`evaluate.confirm` is 0, so the champion is not confirmed: it may owe much to luck.")
    folds = experiment.search.folds
    if not experiment.data.split.validation and folds == 1:
        return Plan(
            note="The file asks for no validation part (`data.split.validation` is 0): no setting is confirmed."
        )
    candidates = _different(board)[: asked.confirm]
    baseline = board.baseline if board.baseline is not None and board.baseline.value is not None else None
    whole = Plan(tuple(candidates), baseline, asked.folds)
    fewer = replace(whole, candidates=whole.candidates[:FEWER])
    least = replace(fewer, folds=min(asked.folds, FEWER))
    spent = sum(len(o.curve) * o.parameters for o in board.outcomes) * rows * folds
    for made in (whole, fewer, least):
        bearable = _work(made) * rows <= max(FREE, SHARE * spent) or (made is least and folds > 1)
        if always or bearable:
            return made if made == whole else replace(made, note=_smaller(made))
    return Plan(note=f"The champion is unconfirmed, because that takes too long here. {way_out(experiment)}")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Confirmer:
    """Trains what confirms a search; `blueprint` was built for `folded`, `study` is the confirmation's own."""

    blueprint: Blueprint
    folded: Prepared
    experiment: Experiment
    tracker: Tracker
    study: Study

    def confirm(self, plan: Plan, deadline: float = math.inf) -> Confirmation:
        """The plan carried out: all its trainings that ended before `deadline` on the monotonic clock.

        If the file asks for a single model, the best setting is then trained on all rows. What an earlier run has
        trained is not trained again.
        """
        trials = plan.trials(self.experiment.search.seed)
        self.tracker.record(SearchMeasured({CONFIRMATIONS: len(trials)}))
        outcomes, interrupted = _trained(self, trials, deadline)
        objective = self.experiment.search.objective
        settings = [_confirmed(of, plan.folds, outcomes, objective) for of in plan.candidates]
        direction = self.experiment.direction
        ranked = sorted((s for s in settings if s is not None), key=lambda s: direction.key(s.value))
        baseline = None if plan.baseline is None else _confirmed(plan.baseline, plan.folds, outcomes, objective)
        alone = None
        if self.experiment.evaluate.champion == "single" and ranked and not interrupted:
            alone, interrupted = self._refit(ranked[0])
        return Confirmation(tuple(ranked), baseline, alone, interrupted)

    def _refit(self, setting: ConfirmedSetting) -> tuple[Outcome | None, bool]:
        """A setting trained on all rows for the mean number of epochs that were best on folds; whether Ctrl-C came."""
        of = Confirms(setting.number, 0, 1)
        drawn = trial_seed(self.experiment.search.seed, of.number)
        trial = Trial(of.number, setting.outcome.trial.params, drawn, setting.epochs, confirms=of)
        # no rows are left to judge it by, so nothing stops it early
        training = self.experiment.training.model_copy(update={"early_stopping": False})
        search = self.experiment.search.model_copy(update={"objective": "loss"})
        alone = self.experiment.model_copy(update={"training": training, "search": search})
        whole = replace(self, experiment=alone, folded=replace(self.folded, folds=()))
        outcomes, interrupted = _trained(whole, [trial], math.inf)
        return outcomes.get(of.number), interrupted


def cut_seed(seed: int) -> int:
    """The seed by which the folds of a search's confirmation are cut: others than those of `search.folds`."""
    return trial_seed(seed, -1)


def opened(study: Study) -> Study:
    """The study of a search's confirmation; without trainings that a time limit ended, which start anew."""
    own = Study.at(study.folder / FOLDER)
    past = tuple(o for o in own.past if o.number in own.weights or o.end is End.FAILED)
    return replace(own, past=past, kept=None)


def _trained(by: Confirmer, trials: Sequence[Trial], deadline: float) -> tuple[dict[int, Outcome], bool]:
    """The outcomes by the trials' numbers, and whether Ctrl-C came."""
    engines = parts.engine(by.experiment.training.engine)
    engine = engines.create(by.blueprint, by.folded, len(trials), ahead=len(trials))
    loop = Loop(Listed(trials), engine, by.blueprint, by.experiment, by.tracker, by.study)
    with interruptible() as interrupted:
        outcomes = loop.run(Limits(interrupted, deadline))
        return {o.number: o for o in outcomes}, interrupted()


def _confirmed(of: Outcome, folds: int, outcomes: Mapping[int, Outcome], objective: str) -> ConfirmedSetting | None:
    """A setting with its folds; None if one of them has no value."""
    found = [outcomes.get(Confirms(of.number, fold, folds).number) for fold in range(folds)]
    whole = tuple(o for o in found if o is not None and o.value is not None)
    return ConfirmedSetting(of, whole, objective) if len(whole) == folds else None


def _different(board: Leaderboard) -> list[Outcome]:
    """The outcomes with a value, best first; of several trials with the same settings only the best."""
    found: list[Outcome] = []
    seen: list[Params] = []
    for outcome in board.outcomes:
        if outcome.value is not None and outcome.trial.params not in seen:
            found.append(outcome)
            seen.append(outcome.trial.params)
    return found


def _work(plan: Plan) -> float:
    # a trial that went on from another one's weights has only its own epochs in its curve
    return plan.folds * sum(o.curve[-1].number * o.parameters for o in plan.settings if o.curve)


def _smaller(made: Plan) -> str:
    sizes = f"{len(made.candidates)} settings were confirmed on {made.folds} folds"
    return f"To save time only {sizes}: more would cost over a third of the search's own work."


def way_out(experiment: Experiment) -> str:
    """What confirms a search that was not confirmed, in a sentence."""
    command = f"`make confirm EXP={experiment.name}`"
    return f"{command}, with the search's other variables if it had any, confirms it, however long that takes."
