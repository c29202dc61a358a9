"""The last lines that `make tune` prints: the result of a finished search."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from pipeline.commands._terminal import table
from pipeline.evaluation.report import CHAMPION, NAMES, Report, Row
from pipeline.evaluation.scores import Score
from pipeline.run import Finished
from pipeline.values.diagnosis import DEAD, warning
from pipeline.values.trial import End, Leaderboard, trial_name

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

RATE: Final = "learning_rate"
SHOWN: Final = 0.05
"""A phase that took fewer seconds than this is not printed."""


def show(finished: Finished, console: "Console", tracker: str) -> None:
    """Print the champion, its scores next to those of the baselines, the time of each phase, notes, and the links.

    `tracker` is the tracker's title; the notes and the links are its own.
    """
    board, report = finished.leaderboard, finished.report
    if report is not None and board.best is not None:
        _champion(board, report, console)
        _reported(board, report, console)
    elif board.interrupted:
        _interrupted(board, console)
    else:
        _nothing(board, console)
    total = sum(finished.seconds.values())
    within = {"tune": f"tune ({_spent(board.seconds)})"} if board.seconds else {}
    phases = _spent({within.get(phase, phase): seconds for phase, seconds in finished.seconds.items()})
    console.print(f"\nTime: {total:.1f} s: {phases}", soft_wrap=True)
    for note in finished.links.notes:
        console.print(note, markup=False, soft_wrap=True)
    if finished.links.owed:
        console.print(
            f"{finished.links.owed} events could not be delivered to {tracker} yet: `make sync` delivers them."
        )
    if finished.links.addresses:
        console.print(f"In {tracker} (`make ui` starts it):")
        for title, address in finished.links.addresses.items():
            console.print(f"  {title:<24} {address}", markup=False, soft_wrap=True)


def _reported(board: Leaderboard, report: Report, console: "Console") -> None:
    if report.luck:
        console.print(report.luck, markup=False)
    if report.confirmed:
        console.print(_confirmed(report))
        console.print()
    if report.test or report.validation:
        console.print(_scores(report))
    else:
        for line in _trained(board):
            console.print(line, markup=False)
    for comparison in report.comparisons:
        if comparison.metric == report.comparisons[0].metric:
            console.print(f"The champion {comparison.sentence}.", markup=False)
    for note in report.notes:
        console.print(note, markup=False)


def _spent(seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{phase} {spent:.1f}" for phase, spent in seconds.items() if spent >= SHOWN)


def _champion(board: Leaderboard, report: Report, console: "Console") -> None:
    console.print(f"\nChampion: {report.champion}", style="bold", markup=False)
    known = {outcome.number: outcome for outcome in board.outcomes}
    for outcome in (known[number] for number in report.trials):
        settings = ", ".join(f"{name} {_short(value)}" for name, value in outcome.trial.params.items())
        console.print(f"  {trial_name(outcome.number)}: {settings}", markup=False)
    for line in _dead(board, report.trials):
        console.print(f"  {line}", markup=False)
    console.print()


def _dead(board: Leaderboard, champions: Collection[int]) -> list[str]:
    """A line for each of the champion's trials with many dead ReLU units, and one line for all others like that."""
    found = [o for o in board.outcomes if warning(o.diagnosis)]
    lines = [
        f"In {trial_name(o.number)} of the champion: {warning(o.diagnosis)}" for o in found if o.number in champions
    ]
    others = [o for o in found if o.number not in champions]
    if others:
        worst = max(others, key=lambda o: o.diagnosis[DEAD])
        many = "1 trial has many" if len(others) == 1 else f"{len(others)} trials have many"
        share = f"{worst.diagnosis[DEAD]:.0%}"
        lines.append(f"{many} dead ReLU units, most of all trial {worst.number} ({share}): learning rate too high?")
    return lines


def _confirmed(report: Report) -> "Table":
    """The champion's settings and the untuned ones, as folds judged them: the mean and its standard error."""
    names = [trial_name(number) for number in report.trials]
    rows = [row for row in report.confirmed if row.title in names or row is report.confirmed[-1]]
    found = table("confirmed on new folds", *rows[0].measured)
    for row in rows:
        found.add_row(row.title, *(f"{mean:.3f} ± {error:.3f}" for mean, error in row.measured.values()))
    return found


def _scores(report: Report) -> "Table":
    rows = list(report.test)
    if report.validation:
        rows.insert(1 if rows else 0, Row("validation", "champion, on validation", report.validation))
    metrics = list(rows[0].scores) if rows else []
    found = table(f"on the {report.count} test rows" if report.count else "", *(NAMES[metric] for metric in metrics))
    for row in rows:
        cells = [_cell(score) for score in row.scores.values()]
        found.add_row(row.title, *cells, style="bold" if row.name == CHAMPION else "")
    return found


def _cell(score: Score) -> str:
    if score.sd is not None:
        return f"{score.value:.3f} ± {score.sd:.3f}"
    return f"{score.value:.3f} \\[{score.low:.3f}, {score.high:.3f}]"


def _trained(board: Leaderboard) -> list[str]:
    """The training metrics of champion and baseline, for searches without a validation and a test part."""
    lines = []
    for name, outcome in (("champion", board.best), ("untuned baseline", board.baseline)):
        epoch = outcome.restored if outcome is not None else None
        if epoch is not None:
            told = ", ".join(f"{NAMES.get(m, m)} {_short(v)}" for m, v in epoch.metrics.items() if m != RATE)
            lines.append(f"{name:<18}in training, epoch {epoch.number}: {told}")
    return lines


def _interrupted(board: Leaderboard, console: "Console") -> None:
    console.print(f"\nStopped by you after {len(board.outcomes)} trials; they are all recorded.", end=" ")
    if board.best is not None:
        console.print(
            f"The best so far is trial {board.best.number}, {board.objective} {board.best.value:.4f}.", end=" "
        )
    console.print("The same command continues the search. The test part was not used.")


def _nothing(board: Leaderboard, console: "Console") -> None:
    console.print(f"\nNone of the {len(board.outcomes)} trials has a value, so there is no champion.")
    for end in (End.FAILED, End.PRUNED):
        ended = [o for o in board.outcomes if o.end is end]
        if ended:
            console.print(f"{len(ended)} {end.value}, the first because: {ended[0].reason}", markup=False)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
