"""A search as a person watches it: a bar on a terminal, plain lines elsewhere."""

from typing import TYPE_CHECKING, final

from pipeline.data import Prepared
from pipeline.diagnosis import warning
from pipeline.events import Event, SearchMeasured, SearchRecord, TrialEnded
from pipeline.experiment import Experiment
from pipeline.ledgers import Ledger, Links
from pipeline.study import Study
from pipeline.trial import BASELINE, Direction, End, Outcome

if TYPE_CHECKING:
    from rich.console import Console

LINES = 40
"""Elsewhere than on a terminal a search says about so many lines, and one for each new best."""


def ready(prepared: Prepared, console: "Console") -> None:
    """Say what the data came to."""
    rows = (len(prepared.train), len(prepared.validation), len(prepared.split.test))
    name = f"{prepared.dataset.name}: {prepared.dataset.task.value}"
    console.print(f"{name}, {rows[0]} rows to train on, {rows[1]} for validation, {rows[2]} for the test", markup=False)
    for column, reason in prepared.transform.left_out.items():
        console.print(f"  column {column} is left out: {reason}", markup=False)


@final
class Shown:
    """A ledger that shows on `console` what it hands on to `inner`."""

    def __init__(self, inner: Ledger, console: "Console", experiment: Experiment) -> None:
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

    def begin(self, prepared: Prepared, study: Study) -> None:
        """Say what the data came to, and with how many trials of earlier goes a search goes on."""
        ready(prepared, self._console)
        past = [o for o in study.past if o.number != BASELINE]
        if study.past:
            goes_on = f"{study.identity} goes on after {len(past)} trials (NEW=1 would begin anew)"
            self._console.print(goes_on, markup=False)
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

    def close(self) -> Links:
        self._bar.stop()
        return self._inner.close()

    def _show(self, outcome: Outcome) -> None:
        if outcome.number == BASELINE:
            self._line(outcome, always=True)
            self._bar.update(self._task, note="searching")
            return
        new_best = self._count(outcome)
        self._bar.update(self._task, advance=1, note=self._note())
        self._line(outcome, always=new_best)

    def _count(self, outcome: Outcome) -> bool:
        """Whether the outcome, counted now, is the best so far."""
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
        name = "baseline" if outcome.number == BASELINE else f"trial {outcome.number}"
        value = "" if outcome.value is None else f"{self._objective} {outcome.value:.4f} at epoch {outcome.best_epoch}"
        best = ", the best so far" if always and outcome.number != BASELINE else ""
        found = warning(outcome.diagnosis)
        noted = f" ({found})" if found else ""
        line = f"{done:>4}/{self._total}  {name:<11}{outcome.end.value:<15}{value or outcome.reason}{best}{noted}"
        self._console.print(line, markup=False)
