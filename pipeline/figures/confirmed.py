"""A chart of the curves that confirm trials: for each trial the mean over its folds, with a band around it."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

from pipeline.figures import bands
from pipeline.figures.chart import Chart, Series, Shape, span
from pipeline.figures.comparison import SHARE, Curve
from pipeline.figures.labels import number
from pipeline.values.trial import Direction

CAPTION: Final = (
    f"validation solid, {bands.CAPTION}; training dashed\n"
    "a fold that stopped stays at its kept value; diamonds: means of kept values"
)


@final
@dataclass(frozen=True, slots=True)
class Spread:
    """The values of a metric on several folds, by epoch: their mean and their standard deviation.

    `running` is the number of folds that still trained at each epoch. `kept` are the epochs and the values at which
    the folds kept their weights.
    """

    epochs: tuple[float, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    running: tuple[int, ...]
    kept: tuple[tuple[float, float], ...]


def confirmed(trials: Sequence[Sequence[Curve]], metric: str) -> Chart:
    """A chart of a metric by epoch; each trial is given by its curves on at least two folds.

    Title, colour and hover text of a trial are those of its first curve.
    """
    series: list[Series] = []
    for folds in reversed(trials):
        series += _lines(folds, metric)
    # bands lie below all lines
    series.sort(key=lambda s: s.shape is not Shape.AREA)
    solid = [y for s in series if not s.dashed for y in s.y]
    always = [y for s in series if s.shape is Shape.POINTS for y in s.y]
    words = metric.replace("_", " ")
    counts = " or ".join(str(count) for count in sorted({len(folds) for folds in trials}))
    return Chart(
        title=f"{words.capitalize()}, confirmed on {counts} folds: mean and spread",
        subtitle=CAPTION,
        x_title="epoch",
        y_title=words,
        series=tuple(series),
        span=span(solid, Direction.of(metric), always, SHARE),
    )


def spread(folds: Sequence[Curve], name: str) -> Spread:
    """A metric's mean and standard deviation over the folds, at each epoch until the last fold stops.

    A fold that has stopped counts with the value of the epoch whose weights it kept. Epochs at which a fold has no
    finite value are left out.
    """
    values = [{e.number: e.metrics.get(name, math.nan) for e in fold.epochs} for fold in folds]
    kept = [of.get(fold.best_epoch or 0, math.nan) for of, fold in zip(values, folds, strict=True)]
    ends = [max(of, default=0) for of in values]
    rows = []
    for epoch in range(1, max(ends) + 1):
        here = [of.get(epoch, at) if epoch <= end else at for of, at, end in zip(values, kept, ends, strict=True)]
        if all(map(math.isfinite, here)):
            running = sum(epoch <= end for end in ends)
            rows.append((float(epoch), statistics.fmean(here), statistics.stdev(here), running))
    epochs, mean, deviation, trained = zip(*rows, strict=True) if rows else ((), (), (), ())
    places = [(float(fold.best_epoch or 0), at) for fold, at in zip(folds, kept, strict=True) if math.isfinite(at)]
    return Spread(epochs, mean, deviation, trained, tuple(places))


def _lines(folds: Sequence[Curve], metric: str) -> Iterable[Series]:
    """A band, a line and a diamond for validation, a dashed line for training; one legend entry shows or hides them."""
    title, colour = folds[0].title, folds[0].colour
    train, validation = spread(folds, metric), spread(folds, f"val_{metric}")
    if validation.epochs:
        yield bands.band(validation.epochs, validation.mean, validation.deviation, colour, title)
    if train.epochs:
        name = "" if validation.epochs else title
        hover = _hover(folds, metric, train)
        yield Series(train.epochs, train.mean, colour, name, title, hover, dashed=True, width=1.4, opacity=0.65)
    if validation.epochs:
        hover = _hover(folds, f"val_{metric}", validation)
        yield Series(validation.epochs, validation.mean, colour, title, title, hover, width=2.4)
    if len(validation.kept) == len(folds):
        epoch, value = (statistics.fmean(values) for values in zip(*validation.kept, strict=True))
        hover = (f"<b>val_{metric} {number(value)}: mean of the kept values</b><br>{folds[0].about}",)
        yield Series((epoch,), (value,), colour, group=title, hover=hover, shape=Shape.POINTS, width=2.0, symbol="D")


def _hover(folds: Sequence[Curve], name: str, of: Spread) -> tuple[str, ...]:
    return tuple(
        f"<b>{name} {number(mean)} ± {deviation:.2g}</b> at epoch {epoch:.0f}, "
        f"{running} of {len(folds)} folds training<br>{folds[0].about}"
        for epoch, mean, deviation, running in zip(of.epochs, of.mean, of.deviation, of.running, strict=True)
    )
