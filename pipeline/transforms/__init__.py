"""How raw columns become arrays: fitted on the training part only.

The file's name is the `kind` of a source's `Form`. Each file offers

    ready(train, experiment, shape) -> Ready

where `train` are the raw features of the training rows: nothing is decided by other rows. The encoder, once fitted, is
pickled into the champion, which is served without this package: plain scikit-learn parts around functions of NumPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, final

from pipeline.data import Encoder
from pipeline.experiment import Experiment

if TYPE_CHECKING:
    import pandas as pd

NUMERIC: Final = "numeric"
"""The name of the part of a table's encoder that the numbers go through; its columns come out first."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """An unfitted encoder, the columns that it takes in their order, and a sentence on each that it does not."""

    encoder: Encoder
    columns: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


class TransformPart(Protocol):
    """A file of this folder, as `choose` hands it out."""

    def ready(self, train: "pd.DataFrame", experiment: Experiment, shape: tuple[int, ...]) -> Ready: ...
