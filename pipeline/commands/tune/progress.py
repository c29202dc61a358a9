"""A running search as the user sees it: a progress bar on a terminal, plain lines elsewhere."""

from typing import TYPE_CHECKING, final

from pipeline.commands._terminal import ready
from pipeline.config.experiment import Experiment
from pipeline.trackers import Links, Tracker
from pipeline.tuning.study import Study
from pipeline.values.data import Prepared
from pipeline.values.diagnosis import warning
from pipeline.values.events import CONFIRMATIONS, Event, SearchMeasured, SearchRecord, TrialEnded
from pipeline.values.trial import BASELINE, Direction, End, Outcome, trial_name

if TYPE_CHECKING:
    from rich.console import Console

LINES = 40
"""Without a terminal, a search prints about this number of lines, plus one for each new best trial."""


@final
class ProgressTracker:
    """A tracker that passes everything on to the tracker `inner` and shows it on `console`."""

    def __init__(self, inner: Tracker, console: "Console", experiment: Experiment) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._inner = inner
        self._console = console
        self._total = experiment.search.trials
        self._ends = dict.fromkeys(End, 0)
        self._best: Outcome | None = None
        self._objective = experiment.search.objective
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("tune", total=self._total, note="preparing")

    def begin(self, prepared: Prepared, study: Study, *, again: bool = False) -> None:
        """Print what the data is, and how many earlier trials the search continues from, or with `again` has."""
        ready(prepared, self._console)
        past = [o for o in study.past if o.number != BASELINE]
        if study.past:
            goes_on = f" continues after {len(past)} trials (NEW=1 starts a new search)"
            what = f": the best of its {len(past)} trials are confirmed" if again else goes_on
            self._console.print(f"{study.identity}{what}", markup=False)
        for outcome in past:
            self._count(outcome)
        self._bar.update(self._task, completed=len(past))

    def open(self, search: SearchRecord) -> None:
        self._inner.open(search)
        self._bar.start()

    def record(self, event: Event) -> None:
        self._inner.record(event)
        if isinstance(event, TrialEnded):
            self._show(event.outcome)
        elif isinstance(event, SearchMeasured) and "trials/planned" in event.metrics:
            self._total = int(event.metrics["trials/planned"])
            self._bar.update(self._task, total=self._total, note="training the baseline")
        elif isinstance(event, SearchMeasured) and CONFIRMATIONS in event.metrics:
            self._confirming(int(event.metrics[CONFIRMATIONS]))

    def close(self) -> Links:
        self._bar.stop()
        return self._inner.close()

    def _confirming(self, count: int) -> None:
        """Show that the search has ended, and that so many trainings confirm its best settings."""
        self._bar.reset(self._task, total=count, description="confirm", note="training the best settings on new folds")
        if not self._console.is_terminal:
            self._console.print(f"confirming: {count} trainings of the best settings on new folds")

    def _show(self, outcome: Outcome) -> None:
        if outcome.trial.confirms is not None:
            self._bar.update(self._task, advance=1)
            return
        if outcome.number == BASELINE:
            self._line(outcome, always=True)
            self._bar.update(self._task, note="searching")
            return
        new_best = self._count(outcome)
        self._bar.update(self._task, advance=1, note=self._note())
        self._line(outcome, always=new_best)

    def _count(self, outcome: Outcome) -> bool:
        """Count the outcome; whether it is the best so far."""
        self._ends[outcome.end] += 1
        if not self._beats(outcome):
            return False
        self._best = outcome
        return True

    def _beats(self, outcome: Outcome) -> bool:
        if outcome.value is None:
            return False
        if self._best is None or self._best.value is None:
            return True
        return Direction.of(self._objective).better(outcome.value, self._best.value)

    def _note(self) -> str:
        parts = [f"{self._ends[end]} {end.value}" for end in (End.PRUNED, End.FAILED) if self._ends[end]]
        if self._best is not None and self._best.value is not None:
            parts.append(f"best {self._objective} {self._best.value:.4f} (trial {self._best.number})")
        return ", ".join(parts)

    def _line(self, outcome: Outcome, *, always: bool) -> None:
        if self._console.is_terminal:
            return
        done = sum(self._ends.values())
        if not always and done % max(1, round(self._total / LINES)):
            return
        value = "" if outcome.value is None else f"{self._objective} {outcome.value:.4f} at epoch {outcome.best_epoch}"
        best = ", the best so far" if always and outcome.number != BASELINE else ""
        found = warning(outcome.diagnosis)
        noted = f" ({found})" if found else ""
        head = f"{done:>4}/{self._total}  {trial_name(outcome.number):<11}{outcome.end.value:<15}"
        line = f"{head}{value or outcome.reason}{best}{noted}"
        self._console.print(line, markup=False)
