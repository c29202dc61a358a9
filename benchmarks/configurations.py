"""The configurations that every competitor trains: drawn from an experiment's space, the same each time."""

from typing import Final

import numpy as np

from pipeline.config.read import resolve
from pipeline.values.space import Scalar, Space

EXPERIMENT: Final = "titanic"
SEED: Final = 5


def configurations(count: int, space: Space | None = None) -> list[dict[str, Scalar]]:
    """`count` uniformly drawn points of `space`, by default that of the experiment `titanic`."""
    space = space or resolve(EXPERIMENT).space
    units = np.random.default_rng(SEED).random((count, len(space.dimensions)))
    return [space.at(unit.tolist()) for unit in units]
