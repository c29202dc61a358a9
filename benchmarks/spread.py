"""Several measurements of one figure: the smallest, the median and the largest."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Spread:
    """A figure with its smallest and its largest measured value."""

    least: float
    middle: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """The spread of measurements, their median in the middle."""
        return Spread(min(values), statistics.median(values), max(values))

    def over(self, other: "Spread") -> "Spread":
        """The ratio to another spread: least by most, middle by middle, most by least."""
        return Spread(self.least / other.most, self.middle / other.middle, self.most / other.least)

    def text(self, factor: float = 1.0) -> str:
        """The figure as people read it, times `factor`."""
        least, middle, most = (number(value * factor) for value in (self.least, self.middle, self.most))
        return middle if least == most else f"{middle} ({least} to {most})"


def number(value: float) -> str:
    """A number with three significant digits; from 100 on a whole number."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
