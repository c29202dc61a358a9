"""Bands around curves: at each epoch the mean over folds, plus and minus their standard deviation."""

import math
from collections.abc import Sequence
from typing import Final

from pipeline.figures.chart import Series, Shape
from pipeline.values.trial import FOLD_SD, Epoch

CAPTION: Final = "band: ± standard deviation over the folds"
OPACITY: Final = 0.13


def band(epochs: Sequence[float], mean: Sequence[float], deviation: Sequence[float], colour: str, group: str) -> Series:
    """The area between `mean` - `deviation` and `mean` + `deviation`; the legend entry of `group` shows or hides it."""
    pairs = list(zip(mean, deviation, strict=True))
    outline = (*(m - d for m, d in pairs), *(m + d for m, d in reversed(pairs)))
    x = (*epochs, *reversed(epochs))
    return Series(x, outline, colour, group=group, shape=Shape.AREA, opacity=OPACITY)


def of_trial(epochs: Sequence[Epoch], metric: str, colour: str, group: str) -> list[Series]:
    """The band around a validation metric of a trial that was trained on several folds; none for any other trial."""
    found = [(float(e.number), e.metrics[metric], d) for e in epochs if (d := deviation(e, metric)) is not None]
    if not found:
        return []
    numbers, mean, spread = zip(*found, strict=True)
    return [band(numbers, mean, spread, colour, group)]


def deviation(epoch: Epoch, metric: str) -> float | None:
    """The standard deviation of a metric over the folds, if the epoch has one and both numbers are finite."""
    found = epoch.metrics.get(FOLD_SD + metric, math.nan)
    return found if math.isfinite(found) and math.isfinite(epoch.metrics.get(metric, math.nan)) else None


def about(epoch: Epoch, metric: str) -> str:
    """A metric's standard deviation over the folds as the end of a text, ` ± 0.012`; empty if there is none."""
    found = deviation(epoch, metric)
    return "" if found is None else f" ± {found:.2g}"


def last(area: Series) -> tuple[float, float]:
    """The lower and the upper end of a band at its last epoch."""
    middle = len(area.y) // 2
    return area.y[middle - 1], area.y[middle]
