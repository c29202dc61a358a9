"""The data as it enters the first step of a chain: the output of the model's front, computed once for each front."""

from typing import Final, final

import keras
import numpy as np

from pipeline.engines.dense.chain import Chain
from pipeline.engines.dense.training import Data
from pipeline.values.data import Prepared

AT_ONCE: Final = 2**16
"""The largest number of rows that go through a front at once."""


@final
class Fronts:
    """The data of a search behind each front of its models."""

    def __init__(self, prepared: Prepared, dtype: str) -> None:
        self._prepared = prepared
        self._dtype = dtype
        self._y = tuple(np.array(part.y, dtype) for part in (prepared.train, prepared.validation))
        self._x: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def data(self, of: Chain, fold: int | None) -> Data:
        """The data of a trial with this model; all trials share the arrays."""
        if of.front not in self._x:
            parts = (self._prepared.train.x, self._prepared.validation.x)
            train, validation = (self._behind(of, x) for x in parts)
            self._x[of.front] = train, validation
        (x, other_x), (y, other_y) = self._x[of.front], self._y
        if fold is None:
            return Data(
                x, y, np.arange(len(x), dtype=np.int32), other_x, other_y, np.arange(len(other_x), dtype=np.int32)
            )
        rows = self._prepared.folds[fold]
        return Data(x, y, rows.train.astype(np.int32), x, y, rows.validation.astype(np.int32))

    def _behind(self, of: Chain, x: np.ndarray) -> np.ndarray:
        """Rows (rows, …) as they enter the first step (rows, columns)."""
        if of.entry is of.model.inputs[0]:
            return np.require(x, self._dtype, ["C", "W"])
        made = np.empty((len(x), of.entry.shape[-1]), self._dtype)
        front = keras.Model(of.model.inputs[0], of.entry)
        for start in range(0, len(x), AT_ONCE):
            found = front(x[start : start + AT_ONCE], training=False)
            made[start : start + AT_ONCE] = keras.ops.convert_to_numpy(found)
        return made
