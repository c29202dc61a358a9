"""Points that are laid out before anything is known: a Sobol start, and a grid."""

import math
from functools import cache
from random import Random
from typing import final

from pipeline.experiment import Search as SearchSettings
from pipeline.space import Scalar, Space


@final
class SobolStart:
    """The points that TPE starts from: scrambled Sobol points, which cover the space better than random ones."""

    def __init__(self, space: Space, settings: SearchSettings) -> None:
        self._space, self._seed = space, settings.seed
        self.size = min(24, settings.trials // 4) if settings.sampler == "tpe" else 0
        self._points = cache(self._drawn)

    def at(self, number: int) -> dict[str, Scalar] | None:
        return self._points()[number - 1] if number <= self.size else None

    def _drawn(self) -> list[dict[str, Scalar]]:
        from scipy.stats import qmc

        # a power of two, cut: scipy warns of any other number
        drawn = qmc.Sobol(len(self._space.dimensions), rng=self._seed).random_base2(math.ceil(math.log2(self.size)))
        return [self._space.at(unit) for unit in drawn[: self.size]]


@final
class Grid:
    """The points of a grid in a shuffled order, so that a search which ends early has looked everywhere.

    Optuna's own `GridSampler` raises out of the last `tell`, and repeats points once all have been given out.
    """

    def __init__(self, space: Space, settings: SearchSettings) -> None:
        self._axes = {name: dimension.grid() for name, dimension in space.dimensions.items()}
        self.size = math.prod(map(len, self._axes.values()))
        self._random = Random(settings.seed)  # noqa: S311 not for secrets
        self._order: list[int] = []
        self._moved: dict[int, int] = {}

    def at(self, number: int) -> dict[str, Scalar]:
        while len(self._order) < number:  # Fisher and Yates's shuffle, as far as it is needed
            i = len(self._order)
            j = self._random.randrange(i, self.size)
            self._order.append(self._moved.get(j, j))
            self._moved[j] = self._moved.get(i, i)
        index = self._order[number - 1]
        point: dict[str, Scalar] = {}
        for name, axis in self._axes.items():
            index, place = divmod(index, len(axis))
            point[name] = axis[place]
        return point
