"""Points that are fixed before the first outcome: Sobol points, and a grid."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from random import Random
from typing import final

from pipeline.config.experiment import SearchSettings
from pipeline.values.space import Dimension, Scalar, Space


def cases(space: Space) -> Iterator[tuple[dict[str, Scalar], list[str]]]:
    """Each combination of the dimensions that others depend on, with the names of the other dimensions that apply."""
    deciding = Space({name: dimension for name, dimension in space.dimensions.items() if name in space.parents})
    for point in deciding.grid():
        yield point, [name for name in space.active(point) if name not in point]


def count(space: Space, places: Callable[[Dimension], float]) -> float:
    """The number of points in a space; `places` gives the number of values of a dimension on which no other depends."""
    return sum(math.prod(places(space.dimensions[name]) for name in free) for _, free in cases(space))


@final
class SobolPoints:
    """Scrambled Sobol points, which cover the space better than random ones: the first trials of TPE.

    If dimensions have a `when`, all trials of qmc are such points: Optuna's own sampler draws only the dimensions of
    the first trial from its sequence, and gives each other dimension the same number in every trial.
    """

    def __init__(self, space: Space, settings: SearchSettings) -> None:
        self._space, self._seed = space, settings.seed
        match settings.sampler:
            case "tpe":
                self.size = min(24, settings.trials // 4)
            case "qmc" if space.parents:
                self.size = settings.trials
            case _:
                self.size = 0
        self._points = cache(self._drawn)

    def at(self, number: int) -> dict[str, Scalar] | None:
        return self._points()[number - 1] if number <= self.size else None

    def _drawn(self) -> list[dict[str, Scalar]]:
        from scipy.stats import qmc

        # draw a power of two and cut it: scipy warns about any other number
        drawn = qmc.Sobol(len(self._space.dimensions), rng=self._seed).random_base2(math.ceil(math.log2(self.size)))
        return [self._space.at(unit) for unit in drawn[: self.size]]


@final
class Grid:
    """The points of a grid in a shuffled order, so that a search that ends early has tried all regions.

    Optuna's own `GridSampler` raises an exception in the last `tell`, and repeats points after all were given out.
    """

    def __init__(self, space: Space, settings: SearchSettings) -> None:
        self._axes = {name: dimension.grid() for name, dimension in space.dimensions.items()}
        self._cases = list(cases(space))
        sizes = (math.prod(len(self._axes[name]) for name in free) for _, free in self._cases)
        self._ends = list(accumulate(sizes))
        self.size = self._ends[-1]
        self._random = Random(settings.seed)  # noqa: S311 not for secrets
        self._order: list[int] = []
        self._moved: dict[int, int] = {}

    def at(self, number: int) -> dict[str, Scalar]:
        while len(self._order) < number:  # Fisher and Yates's shuffle, only up to this number
            i = len(self._order)
            j = self._random.randrange(i, self.size)
            self._order.append(self._moved.get(j, j))
            self._moved[j] = self._moved.get(i, i)
        index = self._order[number - 1]
        case = bisect_right(self._ends, index)
        decided, free = self._cases[case]
        index -= self._ends[case - 1] if case else 0
        point = dict(decided)
        for name in free:
            index, place = divmod(index, len(self._axes[name]))
            point[name] = self._axes[name][place]
        return point
