"""A chart of how the objective improved, trial by trial."""

import math
from collections.abc import Sequence

from pipeline.figures.chart import BASELINE, BEST, FINISHED, PRUNED, Chart, Series, Shape, span
from pipeline.figures.labels import describe, number
from pipeline.values.trial import Direction, End, Leaderboard, Outcome


def progress(leaderboard: Leaderboard) -> Chart:
    """A chart of each trial's objective by number, with a line for the best so far and one for the baseline."""
    trials = sorted(leaderboard.outcomes, key=lambda o: o.number)
    valued = [(o, o.value) for o in trials if o.value is not None]
    pruned = [(o, _last(o, leaderboard.objective)) for o in trials if o.end is End.PRUNED]
    best = best_so_far([value for _, value in valued], leaderboard.direction)
    last = trials[-1].number if trials else 1
    series = [
        _points(pruned, f"pruned, at its last epoch ({len(pruned)})", PRUNED, "x"),
        _points(valued, f"finished ({len(valued)})", FINISHED, "o"),
    ]
    if best:
        x = (*(o.number for o, _ in valued), last)
        hover = tuple(f"best after trial {n}: {number(value)}" for n, value in zip(x, [*best, best[-1]], strict=True))
        series.append(Series(x, (*best, best[-1]), BEST, "best so far", hover=hover, shape=Shape.STEPS, width=2.6))
    baseline = leaderboard.baseline.value if leaderboard.baseline else None
    if leaderboard.baseline and baseline is not None:
        about = (describe(leaderboard.baseline),) * 2
        title = f"baseline · {number(baseline)}"
        series.append(Series((1, last), (baseline, baseline), BASELINE, title, hover=about, dashed=True, width=2.0))
    shown = [value for _, value in valued] + ([baseline] if baseline is not None else [])
    return Chart(
        title=f"{leaderboard.objective} by trial",
        subtitle=_subtitle(leaderboard),
        x_title="trial",
        y_title=leaderboard.objective,
        series=tuple(s for s in series if s.x),
        span=span(shown, leaderboard.direction, always=[baseline] if baseline is not None else []),
    )


def best_so_far(values: Sequence[float], direction: Direction) -> list[float]:
    """For each of the values, the best of all values up to it."""
    best: list[float] = []
    for value in values:
        best.append(value if not best or direction.better(value, best[-1]) else best[-1])
    return best


def _points(found: Sequence[tuple[Outcome, float]], title: str, colour: str, symbol: str) -> Series:
    x = tuple(float(o.number) for o, _ in found)
    y = tuple(value for _, value in found)
    hover = tuple(describe(o) for o, _ in found)
    return Series(x, y, colour, title, hover=hover, shape=Shape.POINTS, opacity=0.75, symbol=symbol)


def _last(outcome: Outcome, objective: str) -> float:
    return outcome.curve[-1].metrics.get(objective, math.nan) if outcome.curve else math.nan


def _subtitle(leaderboard: Leaderboard) -> str:
    best, baseline = leaderboard.best, leaderboard.baseline
    if best is None:
        return "no trial has a value"
    words = f"best: trial {best.number} with {number(best.value)} ({leaderboard.direction.value})"
    return words + (f" · baseline {number(baseline.value)}" if baseline else "")
