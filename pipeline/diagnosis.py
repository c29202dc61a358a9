"""What a trial's insides say of its training: ReLU units that are dead, and gradients beside weights."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

DEAD: Final = "dead_units/all"
RATIO: Final = "gradient_to_weight_norm"
MANY: Final = 0.4
"""From this share of dead units on, a trial is warned of.

Stanford's CS231n: "as much as 40 % of your network can be dead if the learning rate is set too high".
"""


def diagnosis(gradients: float, weights: float, units: Sequence[int], alive: Sequence[float]) -> Mapping[str, float]:
    """The numbers by name, each finite.

    `gradient_to_weight_norm` is √(`gradients` / `weights`): the mean over an epoch's steps of the squared norm of all
    gradients, and the squared norm of all weights after it. `dead_units/layer_N` is the share of the units of the
    N-th ReLU layer that gave 0 for every row, `dead_units/all` that of all such layers' units.
    """
    found: dict[str, float] = {}
    if weights > 0 and math.isfinite(gradients / weights):
        found[RATIO] = math.sqrt(gradients / weights)
    if units:
        found[DEAD] = 1 - sum(alive) / sum(units)
        found |= {f"dead_units/layer_{i}": 1 - a / u for i, (u, a) in enumerate(zip(units, alive, strict=True), 1)}
    return found


def warning(found: Mapping[str, float]) -> str:
    """What is to be warned of, in words; empty where nothing is."""
    share = found.get(DEAD, 0.0)
    return f"{share:.0%} of units dead: learning rate too high?" if share >= MANY else ""
