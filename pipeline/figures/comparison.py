"""Charts that compare chosen trials by their curves, and searches by their best value so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Final, final

from pipeline.figures import bands
from pipeline.figures.chart import BASELINE, BEST, Chart, Series, Shape, span
from pipeline.figures.labels import number
from pipeline.figures.progress import best_so_far
from pipeline.values import trial
from pipeline.values.trial import Direction, Epoch

COLOURS: Final = (
    BEST,
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#5b4b8a",
    "#7f5f3f",
    "#6b7280",
    "#1f2933",
)
"""Those colours of Okabe and Ito that are visible on white, then some darker ones."""
SHARE: Final = 0.97
"""The share of the points that the y axis shows at first: the start of a curve can be far above the rest."""

PLAIN: Final = "validation solid, training dashed, a diamond where the weights were kept"
FOLDED: Final = (
    f"validation solid, {bands.CAPTION}; training dashed\n"
    "a diamond where the weights were kept, or at the mean of what the folds kept"
)
BANDED: Final = 4
"""At most this number of trials, the first ones, have a band: more bands would hide each other."""


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """A trial to draw: its legend entry, its epochs, the epoch whose weights were kept, and its hover text."""

    title: str
    colour: str
    epochs: tuple[Epoch, ...]
    best_epoch: int | None
    about: str


@final
@dataclass(frozen=True, slots=True)
class Course:
    """A search to draw: its legend entry, the (number, value) pairs of trials with a value, and its baseline's value.

    `last` is the number of its last trial.
    """

    title: str
    colour: str
    values: tuple[tuple[int, float], ...]
    last: int
    baseline: float | None


def colours(trials: Sequence[int]) -> list[str]:
    """A colour for each of the trials with these numbers; the first baseline has the baseline colour of all figures."""
    others = cycle(COLOURS)
    first = trials.index(trial.BASELINE) if trial.BASELINE in trials else None
    return [BASELINE if i == first else next(others) for i in range(len(trials))]


def measured(curves: Sequence[Curve]) -> list[str]:
    """The sorted names of all metrics in the curves, without the spreads over folds.

    `val_` is removed, so training and validation share a name.
    """
    names = {name.removeprefix("val_") for curve in curves for epoch in curve.epochs for name in epoch.metrics}
    return sorted(name for name in names if not name.startswith(trial.FOLD_SD))


def compared(curves: Sequence[Curve], metric: str) -> Chart:
    """A chart of a metric by epoch: one colour for each trial, validation solid, training dashed.

    The first trials have a band too, if they were trained on several folds. One legend entry shows or hides all that
    is drawn of a trial.
    """
    # reversed: the first trial is drawn on top and comes first in the legend
    series = [series for curve in reversed(curves) for series in _lines(curve, metric)]
    points = [y for s in series for y in s.y if math.isfinite(y)]
    kept = [y for curve in curves for name in _names(metric) for y in [_at(curve, name)] if math.isfinite(y)]
    areas = [area for curve in reversed(curves[:BANDED]) for area in _band(curve, metric)]
    kept += [y for area in areas for y in bands.last(area)]
    words = metric.replace("_", " ")
    return Chart(
        title=f"{words.capitalize()} of {len(curves)} trials",
        subtitle=FOLDED if areas else PLAIN,
        x_title="epoch",
        y_title=words,
        series=(*areas, *series),
        span=span(points, Direction.of(metric), kept, SHARE),
    )


def courses(searches: Sequence[Course], objective: str) -> Chart:
    """A chart of the best objective so far by trial: one colour for each search, its baseline dashed."""
    direction = Direction.of(objective)
    series = []
    for search in reversed(searches):
        x = tuple(number for number, _ in search.values)
        y = best_so_far([value for _, value in search.values], direction)
        if search.baseline is not None:
            hover = (f"baseline of {search.title}: {number(search.baseline)}",) * 2
            ends, level = (1.0, float(search.last)), (search.baseline,) * 2
            series.append(Series(ends, level, search.colour, group=search.title, hover=hover, dashed=True, width=1.5))
        if y:
            told = tuple(f"{search.title}<br>best after trial {n}: {number(b)}" for n, b in zip(x, y, strict=True))
            line = Series((*x, search.last), (*y, y[-1]), search.colour, search.title, search.title)
            series.append(replace(line, hover=(*told, told[-1]), shape=Shape.STEPS, width=2.4))
    shown = [y for s in series for y in s.y]
    return Chart(
        title=f"Best {objective} so far, by trial",
        subtitle="one line for each search, its baseline dashed",
        x_title="trial",
        y_title=objective,
        series=tuple(series),
        span=span(shown, direction, share=1.0),
    )


def _lines(curve: Curve, metric: str) -> list[Series]:
    found = []
    train, validation = (_points(curve, name) for name in _names(metric))
    if train[0]:
        name = "" if validation[0] else curve.title
        hover = _hover(curve, metric, train)
        found.append(Series(*train, curve.colour, name, curve.title, hover, dashed=True, width=1.6, opacity=0.65))
    if validation[0]:
        hover = _hover(curve, f"val_{metric}", validation)
        found.append(Series(*validation, curve.colour, curve.title, curve.title, hover, width=2.4))
    solid = validation if validation[0] else train
    kept = [(x, y) for x, y in zip(*solid, strict=True) if x == curve.best_epoch]
    folded = bool(_band(curve, metric))
    for x, y in kept:
        words = f"mean of the folds' kept values: {number(y)}" if folded else f"weights of epoch {x:.0f} kept"
        hover = (f"<b>{words}</b><br>{curve.about}",)
        place = Series((x,), (y,), curve.colour, group=curve.title, hover=hover, shape=Shape.POINTS)
        found.append(replace(place, width=2.0, symbol="D"))
    return found


def _band(curve: Curve, metric: str) -> list[Series]:
    return bands.of_trial(curve.epochs, f"val_{metric}", curve.colour, curve.title)


def _names(metric: str) -> tuple[str, str]:
    return metric, f"val_{metric}"


def _points(curve: Curve, name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    found = [(e.number, e.metrics[name]) for e in curve.epochs if math.isfinite(e.metrics.get(name, math.nan))]
    return tuple(float(x) for x, _ in found), tuple(y for _, y in found)


def _hover(curve: Curve, name: str, points: tuple[tuple[float, ...], tuple[float, ...]]) -> tuple[str, ...]:
    spreads = {float(e.number): bands.about(e, name) for e in curve.epochs}
    return tuple(
        f"<b>{name} {number(y)}{spreads[x]}</b> at epoch {x:.0f}<br>{curve.about}" for x, y in zip(*points, strict=True)
    )


def _at(curve: Curve, name: str) -> float:
    """The metric at the epoch whose weights were kept; without such an epoch, at the last one; NaN without epochs."""
    found = [e.metrics.get(name, math.nan) for e in curve.epochs if e.number == curve.best_epoch]
    found += [e.metrics.get(name, math.nan) for e in curve.epochs[-1:]]
    return found[0] if found else math.nan
