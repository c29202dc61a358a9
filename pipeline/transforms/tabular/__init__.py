"""A table's columns made into numbers: missing values filled, numbers scaled, categories one-hot encoded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.config.experiment import Columns, Experiment
from pipeline.transforms import NUMERIC, Ready
from pipeline.transforms._numbers import as_array, numbers
from pipeline.values.data import Encoder
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

FEW_CATEGORIES: Final = 20
"""A text column with at most this number of different values is always encoded."""

ROWS_PER_CATEGORY: Final = 20
"""A text column with more values is encoded if each value has at least this number of rows on average."""


@final
@dataclass(frozen=True, slots=True)
class UsedColumns:
    """The columns that are used, by kind, and a sentence on why each other is left out."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def choose_columns(train: "pd.DataFrame", wanted: list[str] | Columns) -> UsedColumns:
    """The columns to use: those that `wanted` names, or all except those that a rule leaves out.

    `train` holds the training rows; the other parts do not influence the result.
    """
    import pandas as pd

    if isinstance(wanted, Columns) and (wanted.numeric or wanted.categorical):
        _check_numeric(train, wanted.numeric)
        return UsedColumns(tuple(wanted.numeric), tuple(wanted.categorical))
    named = wanted if isinstance(wanted, list) and wanted else None
    ignored = set(wanted.ignore) if isinstance(wanted, Columns) else set()
    numeric, categorical, left_out = [], [], {}
    for name in named or [str(c) for c in train.columns if c not in ignored]:
        reason = None if named else _reason(train[name])
        if reason:
            left_out[name] = reason
        elif pd.api.types.is_numeric_dtype(train[name]):
            numeric.append(name)
        else:
            categorical.append(name)
    if not numeric and not categorical:
        raise UserError("data.columns", "no column is left to learn from.", "Name the columns to use.")
    return UsedColumns(tuple(numeric), tuple(categorical), left_out)


def ready(train: "pd.DataFrame", experiment: Experiment, shape: tuple[int, ...]) -> Ready:  # noqa: ARG001
    """The transformer from a table's columns to numbers."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    used = choose_columns(train, experiment.data.columns)
    numeric = numbers(train[list(used.numeric)], experiment.preprocess, marked=True)
    categorical = make_pipeline(as_array(object), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    made: Encoder = ColumnTransformer(
        [(NUMERIC, numeric, list(used.numeric)), ("categorical", categorical, list(used.categorical))],
        verbose_feature_names_out=False,
    )
    return Ready(made, (*used.numeric, *used.categorical), used.left_out)


def _check_numeric(train: "pd.DataFrame", names: list[str]) -> None:
    import pandas as pd

    for name in names:
        if not pd.api.types.is_numeric_dtype(train[name]):
            problem = f"`{name}` holds {train[name].dtype}, not numbers."
            raise UserError("data.columns.numeric", problem, "Name it under `categorical`.")


def _reason(column: "pd.Series[Any]") -> str | None:
    """Why a column is left out, as a sentence; None if it is used."""
    import pandas as pd

    kinds, rows = column.nunique(), len(column)
    if kinds == 0 or (kinds == 1 and not column.isna().any()):
        return "the same in every training row."
    if pd.api.types.is_integer_dtype(column):
        return "a whole number unique in every row: an identifier." if kinds == rows else None
    if pd.api.types.is_datetime64_any_dtype(column):
        return "dates or times."
    text = not pd.api.types.is_numeric_dtype(column)
    if text and kinds > max(FEW_CATEGORIES, rows / ROWS_PER_CATEGORY):
        return f"text with {kinds} different values in {rows} rows."
    return None
