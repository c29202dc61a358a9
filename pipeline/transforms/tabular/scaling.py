"""Searched scaling: a layer in front of a model, with constants fitted on the training part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

from pipeline.config.experiment import SCALES
from pipeline.transforms import NUMERIC
from pipeline.transforms._numbers import scaler
from pipeline.values.data import Prepared
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import keras

UNIT_ROWS: Final = "unit_rows"


@final
@dataclass(frozen=True, slots=True)
class Scaling:
    """The scaling x * `slopes` + `offsets`; both have one number per output column of the transform (columns,)."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]


@final
@dataclass(frozen=True, slots=True)
class Scalings:
    """Every scaling by its name, except `unit_rows`.

    `unit_rows` divides each row's first `numeric` columns by their Euclidean length.
    """

    numeric: int
    by_name: Mapping[str, Scaling]


def scalings(prepared: Prepared) -> Scalings:
    """The scalings for the numeric columns of a table whose transform does not scale them.

    Raises UserError if the table has no numeric column.
    """
    import numpy as np

    columns = prepared.transform.encoder.output_indices_[NUMERIC]  # type: ignore[attr-defined]
    x = prepared.train.x.astype(np.float64)
    numeric, rest = columns.stop, x.shape[1] - columns.stop
    if not numeric:
        problem = f"is searched, but {prepared.dataset.name} has no numeric column."
        raise UserError("preprocess.scale", problem, "Write a single scale, not choices.")
    ends = np.stack([np.zeros(numeric), np.ones(numeric)])
    found = {}
    for name in SCALES:
        if name == UNIT_ROWS:
            continue
        # each scaling is linear in each column, so its values at 0 and 1 determine it
        offsets, ones = scaler(name, x[:, :numeric]).fit(x[:, :numeric]).transform(ends)
        slopes = ones - offsets
        found[name] = Scaling((*map(float, slopes), *[1.0] * rest), (*map(float, offsets), *[0.0] * rest))
    return Scalings(numeric, found)


def scaled(inputs: "keras.KerasTensor", name: str, fitted: Scalings) -> "keras.KerasTensor":
    """The transform's output (rows, columns), its numeric columns scaled."""
    import keras

    if name != UNIT_ROWS:
        found = fitted.by_name[name]
        return keras.layers.Rescaling(list(found.slopes), list(found.offsets))(inputs)
    unit = keras.layers.UnitNormalization()
    if inputs.shape[1] == fitted.numeric:
        return unit(inputs)
    parts = [unit(inputs[:, : fitted.numeric]), inputs[:, fitted.numeric :]]
    return keras.layers.Concatenate()(parts)
