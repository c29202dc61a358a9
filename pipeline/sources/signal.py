"""A hundred generated points in two classes, each with a noise value, as sequences of two steps."""

from typing import Final, Literal, final

from pipeline.config.experiment import Data
from pipeline.sources import Table
from pipeline.values.data import Form

HEAVY: Final = False
POINTS: Final = 100
MIDDLE: Final = 50


@final
class Settings(Data):
    """`[data]` with `source = "signal"`."""

    source: Literal["signal"]
    target: str = "y"


def read(settings: Settings) -> Table:  # noqa: ARG001
    """`x` from 0 to 100 in order, uniform noise in [0, 1), and whether `x` is above 50."""
    import numpy as np
    import pandas as pd

    x = np.linspace(0.0, 100.0, POINTS)
    noise = np.random.default_rng(0).uniform(size=POINTS)
    frame = pd.DataFrame({"x": x, "noise": noise, "y": (x > MIDDLE).astype(int)})
    return Table(frame, "generated", Form("sequence", (2, 1)))
