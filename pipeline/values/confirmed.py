"""How good a champion is on rows that its models did not train on: what two champions are compared by."""

from dataclasses import dataclass
from typing import Final, final

SQUARED_ERROR: Final = "squared error"
"""The name of a regression's loss; people read its root, the RMSE."""


@final
@dataclass(frozen=True, slots=True)
class Confirmed:
    """The confirmed loss of a champion.

    `rows` are numbers of the data set's rows. `losses` are the losses of these rows, each by the average of the models
    that did not train on it: log losses for classes, squared errors of the target in its raw units for a regression.
    `models` is the variance of the losses' mean that comes from the models' training: a jackknife over the models.
    `digest` and `target` say on which data all this was measured. `metric` names the loss, in words: `log loss` or
    `squared error`.
    """

    metric: str
    digest: str
    target: str
    rows: tuple[int, ...]
    losses: tuple[float, ...]
    models: float

    @property
    def loss(self) -> float:
        """The mean of the rows' losses."""
        return sum(self.losses) / len(self.losses)
