"""When a search has to end so that what comes after it fits into `search.minutes`."""

import math
from typing import Final

from pipeline.config.experiment import SearchSettings

CONFIRMATION: Final = 0.25
"""The share of `search.minutes` reserved for confirming the best settings."""
EVALUATION: Final = 0.1
"""The share reserved for the scores after that."""
LEAST: Final = 15.0
"""At least this number of seconds is reserved."""


def deadline(search: SearchSettings, began: float, reserved: float) -> float:
    """The time on the monotonic clock when only the share `reserved` of `search.minutes` is left; inf without minutes.

    The command began at `began`. At least `LEAST` seconds are left, but at most half of the minutes.
    """
    if search.minutes is None:
        return math.inf
    seconds = search.minutes * 60
    return began + seconds - min(max(seconds * reserved, LEAST), seconds / 2)
