"""The configurations that every competitor trains: drawn from an experiment's space, the same each time."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from pipeline.config.experiment import Experiment
from pipeline.config.read import resolve
from pipeline.values.space import Scalar, Space

EXPERIMENT: Final = "titanic"
SEED: Final = 5


def plain(overrides: Mapping[str, Any] | None = None) -> Experiment:
    """The experiment with plain numbers, which all competitors train on, and with dotted keys overridden."""
    return resolve(EXPERIMENT, {"preprocess.numbers": "standard", **(overrides or {})})


def configurations(count: int, space: Space | None = None) -> list[dict[str, Scalar]]:
    """`count` uniformly drawn points of `space`, by default the experiment's."""
    space = space or plain().space
    units = np.random.default_rng(SEED).random((count, len(space.dimensions)))
    return [space.at(unit.tolist()) for unit in units]
