"""A search as a person watches it: a bar on a terminal, plain lines elsewhere."""

from typing import TYPE_CHECKING, final

from pipeline.data import Prepared
from pipeline.events import Event, SearchMeasured, SearchRecord, TrialEnded
from pipeline.ledgers import Ledger, Links
from pipeline.trial import BASELINE, Direction, End, Outcome

if TYPE_CHECKING:
    from rich.console import Console

LINES = 40
"""Elsewhere than on a terminal a search says about so many lines, and one for each new best."""


def ready(prepared: Prepared, console: "Console") -> None:
    """Say what the data came to."""
    rows = (len(prepared.train), len(prepared.validation), len(prepared.split.test))
    name = f"{prepared.dataset.name}: {prepared.dataset.task.value}"
    console.print(f"{name}, {rows[0]} rows to train on, {rows[1]} for validation, {rows[2]} for the test")
    for column, reason in prepared.transform.left_out.items():
        console.print(f"  column {column} is left out: {reason}", markup=False)


@final
class Shown:
    """A ledger that shows on `console` what it hands on to `inner`."""

    def __init__(self, inner: Ledger, console: "Console", trials: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._inner = inner
        self._console = console
        self._total = trials
        self._ends = dict.fromkeys(End, 0)
        self._best: Outcome | None = None
        self._objective = ""
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
        self._task = self._bar.add_task("tune", total=trials, note="preparing")

    def open(self, search: SearchRecord) -> None:
        self._objective = search.objective
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
        self._ends[outcome.end] += 1
        new_best = self._beats(outcome)
        if new_best:
            self._best = outcome
        self._bar.update(self._task, advance=1, note=self._note())
        self._line(outcome, always=new_best)

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
        name = "baseline" if outcome.number == BASELINE else f"trial {outcome.number:>4}/{self._total}"
        value = "" if outcome.value is None else f"{self._objective} {outcome.value:.4f} at epoch {outcome.best_epoch}"
        best = "  new best" if always and outcome.number != BASELINE else ""
        line = f"{name:<15}{outcome.end.value:<14}{value or outcome.reason}{best}"
        self._console.print(line, markup=False)
