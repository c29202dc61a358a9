"""The data of an experiment: the table as loaded, and the arrays as prepared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol, final

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@final
class Task(Enum):
    """What kind of target is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of the training besides `loss`, by Keras's names."""
        return ("mae",) if self is Task.REGRESSION else ("accuracy",)


@final
@dataclass(frozen=True, slots=True)
class Form:
    """What the columns of a table form together, as its source knows it.

    `kind` names the file of `transforms/` that prepares the rows. `shape` is the shape of one prepared row; if it is
    empty, a row is a plain list of all its numbers. The last `test` rows are the official test part (0: there is none).
    """

    kind: str = "tabular"
    shape: tuple[int, ...] = ()
    test: int = 0


TABULAR: Final = Form()


@final
@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A table as loaded: `features` and `target` share their rows; `digest` is a hash of both."""

    name: str
    source: str
    features: "pd.DataFrame"
    target: "pd.Series[Any]"
    task: Task
    digest: str
    form: Form = TABULAR


@final
@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Rows ready to train on: `x` float32 (rows, …), `y` int32 class numbers or float32 scaled targets (rows,)."""

    x: "np.ndarray"
    y: "np.ndarray"

    def __len__(self) -> int:
        return len(self.y)

    def at(self, places: "np.ndarray") -> "Arrays":
        """The rows at these places, in their order."""
        return Arrays(self.x[places], self.y[places])


@final
@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Row numbers of the three parts; they are disjoint and together all rows that are used."""

    train: "np.ndarray"
    validation: "np.ndarray"
    test: "np.ndarray"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Places in the arrays of a training part, int32: those to train on, and those on which each epoch is judged.

    All folds of the same data have as many rows of each kind, so that one compiled program trains them all.
    """

    train: "np.ndarray"
    validation: "np.ndarray"


class Encoder(Protocol):
    """What turns raw columns into numbers: a fitted scikit-learn transformer."""

    def fit(self, features: "pd.DataFrame") -> Any: ...

    def transform(self, features: "pd.DataFrame") -> Any: ...


@final
@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """Raw rows to arrays and back; fitted on the training part, plain scikit-learn inside.

    `classes` are the labels in the order of the model's outputs (empty: regression, whose target was scaled by
    `mean` and `scale`). `left_out` maps each column that is not used to a sentence that says why.
    """

    encoder: Encoder
    columns: tuple[str, ...]
    classes: tuple[Any, ...] = ()
    mean: float = 0.0
    scale: float = 1.0
    left_out: Mapping[str, str] = field(default_factory=dict)

    def arrays(self, features: "pd.DataFrame", target: "pd.Series[Any]") -> Arrays:
        """Raw rows as arrays, ready to train on."""
        import numpy as np

        x = self.inputs(features)
        if self.classes:
            order = {label: i for i, label in enumerate(self.classes)}
            return Arrays(x, target.map(order).to_numpy(np.int32))
        return Arrays(x, ((target.to_numpy(np.float64) - self.mean) / self.scale).astype(np.float32))

    def truth(self, rows: Arrays) -> "np.ndarray":
        """What prepared rows should be answered with (rows,): class numbers, or values in the target's raw units."""
        import numpy as np

        return rows.y if self.classes else rows.y.astype(np.float64) * self.scale + self.mean

    def inputs(self, features: "pd.DataFrame") -> "np.ndarray":
        """Raw features as float32 (rows, …)."""
        import numpy as np

        return np.asarray(self.encoder.transform(features[list(self.columns)]), dtype=np.float32)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A data set split, with a transform fitted on its training part.

    The test part stays closed: nothing transforms its rows or learns from their features before `open_test`, which only
    the stage evaluate calls. `validation` is empty if the file asks for no validation part. If there are `folds`, the
    training part holds the rows of all of them and `validation` is empty.
    """

    dataset: Dataset
    split: Split
    transform: Transform
    train: Arrays
    validation: Arrays
    folds: tuple[Fold, ...] = ()

    def parts(self, fold: int | None) -> tuple[Arrays, Arrays]:
        """The rows to train on and those on which epochs are judged, of a fold; of the whole data without one."""
        if fold is None:
            return self.train, self.validation
        chosen = self.folds[fold]
        return self.train.at(chosen.train), self.train.at(chosen.validation)

    def open_test(self) -> Arrays:
        """The test part, transformed like the other two."""
        rows = self.split.test
        return self.transform.arrays(self.dataset.features.iloc[rows], self.dataset.target.iloc[rows])
