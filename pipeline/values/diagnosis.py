"""The diagnosis of a trial's training: how many ReLU units are dead, and the size of gradients against weights."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

DEAD: Final = "dead_units/all"
RATIO: Final = "gradient_to_weight_norm"
MANY: Final = 0.4
"""A trial with at least this share of dead units gets a warning.

Stanford's CS231n: "as much as 40 % of your network can be dead if the learning rate is set too high".
"""


def diagnosis(gradients: float, weights: float, units: Sequence[int], alive: Sequence[float]) -> Mapping[str, float]:
    """The numbers of a diagnosis by name, each finite.

    `gradient_to_weight_norm` is √(`gradients` / `weights`): the mean over an epoch's steps of the squared norm of all
    gradients, and the squared norm of all weights after it. `dead_units/layer_N` is the share of the units of the
    N-th ReLU layer that gave 0 for every row, `dead_units/all` the share over all such layers.
    """
    found: dict[str, float] = {}
    if weights > 0 and math.isfinite(gradients / weights):
        found[RATIO] = math.sqrt(gradients / weights)
    if units:
        found[DEAD] = 1 - sum(alive) / sum(units)
        found |= {f"dead_units/layer_{i}": 1 - a / u for i, (u, a) in enumerate(zip(units, alive, strict=True), 1)}
    return found


def warning(found: Mapping[str, float]) -> str:
    """The warning about a diagnosis, in words; empty if there is none."""
    share = found.get(DEAD, 0.0)
    return f"{share:.0%} of units dead: learning rate too high?" if share >= MANY else ""
