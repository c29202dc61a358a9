"""How raw columns become arrays: fitted on the training part only.

The file's name is the `kind` of a source's `Form`. Each file offers

    ready(train, experiment, shape) -> Ready

where `train` holds the raw features of the training rows; no other rows may influence the result. The fitted encoder is
pickled into the champion, which is served without this package. So it is made only of scikit-learn's classes and
NumPy's functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, final

from pipeline.config.experiment import Experiment
from pipeline.values.data import Encoder

if TYPE_CHECKING:
    import pandas as pd

NUMERIC: Final = "numeric"
"""The part of a table's encoder that transforms numeric columns; its output columns come first."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """An unfitted encoder, the columns that it takes, in order, and a sentence on why each other is left out."""

    encoder: Encoder
    columns: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


class TransformPart(Protocol):
    """A file of this folder, as `parts.part` returns it."""

    def ready(self, train: "pd.DataFrame", experiment: Experiment, shape: tuple[int, ...]) -> Ready: ...
