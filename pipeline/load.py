"""Stage 1: an experiment's data set, read from its source."""

import hashlib
from typing import TYPE_CHECKING, Any

from pipeline.config import parts
from pipeline.config.experiment import Columns, Experiment
from pipeline.values.data import Dataset, Form, Task
from pipeline.values.errors import UserError, nearest

if TYPE_CHECKING:
    import pandas as pd

MOST_CLASSES = 20
"""Whole numbers with more different values than this are a quantity, not classes."""


def load(experiment: Experiment) -> Dataset:
    """The data set of an experiment, with its task and its digest.

    Raises UserError if a column named in the file is missing, if the target has missing values or only one value, and
    if training for this task does not measure the objective.
    """
    try:
        table = parts.source(experiment.data.source).read(experiment.data)
        _check_columns(experiment, [str(name) for name in table.frame.columns])
        target = table.frame[experiment.data.target]
        features = _plain(table.frame.drop(columns=[experiment.data.target]))
        task = _task(target, experiment.data.task)
        experiment.check_objective(task)
    except UserError as error:
        raise error.within(experiment.file) from None
    return Dataset(
        experiment.name, table.source, features, target, task, _digest(features, target, table.form), table.form
    )


def _check_columns(experiment: Experiment, there: list[str]) -> None:
    data = experiment.data
    if data.target not in there:
        raise UserError("data.target", f"there is no column `{data.target}`.", nearest(data.target, there))
    columns = data.columns
    if isinstance(columns, Columns):
        named = {"numeric": columns.numeric, "categorical": columns.categorical, "ignore": columns.ignore}
        pairs = [(f"data.columns.{key}", name) for key, names in named.items() for name in names]
    else:
        pairs = [("data.columns", name) for name in columns]
    for field, name in pairs:
        if name not in there:
            raise UserError(field, f"there is no column `{name}`.", nearest(name, there))
        if name == data.target:
            raise UserError(field, f"`{name}` is the target.", "Remove it here: a model must not see the target.")


def _plain(features: "pd.DataFrame") -> "pd.DataFrame":
    import numpy as np

    # pandas' own number types (Int64, Float32, boolean) mark missing values in a way that NumPy arrays cannot
    texts = [name for name in features.columns if features[name].dtype == object]
    # a missing value is NaN, as in a CSV file, also where Parquet has None
    features = features.assign(**{name: features[name].where(features[name].notna(), np.nan) for name in texts})
    own = [name for name in features.columns if str(features[name].dtype)[:1] in "IUFb" and _extension(features[name])]
    return features.astype(dict.fromkeys(own, "float64")).rename(columns=str)


def _extension(column: "pd.Series[Any]") -> bool:
    import numpy as np

    return not isinstance(column.dtype, np.dtype)


def _task(target: "pd.Series[Any]", wanted: str | None) -> Task:
    import pandas as pd

    name = target.name
    gaps = int(target.isna().sum())
    if gaps:
        raise UserError("data.target", f"`{name}` is empty in {gaps} rows.", "Fill or remove these rows.")
    kinds = target.nunique()
    if kinds < 2:
        raise UserError("data.target", f"`{name}` has the same value in all rows.", "There is nothing to learn.")
    number = pd.api.types.is_numeric_dtype(target) and not pd.api.types.is_bool_dtype(target)
    if wanted == "regression" and not number:
        raise UserError("data.task", f"`{name}` holds {target.dtype}, not numbers.", "Use binary or multiclass.")
    if wanted == "binary" and kinds != 2:
        raise UserError("data.task", f"`{name}` has {kinds} different values, not 2.", "Use multiclass or regression.")
    if wanted is not None:
        return Task(wanted)
    if kinds == 2:
        return Task.BINARY
    if not number or (pd.api.types.is_integer_dtype(target) and kinds <= MOST_CLASSES):
        return Task.MULTICLASS
    return Task.REGRESSION


def _digest(features: "pd.DataFrame", target: "pd.Series[Any]", form: Form) -> str:
    import pandas as pd

    names = "\0".join([*features.columns, str(target.name)])
    if form.kind == "tabular":
        rows = (
            pd.util.hash_pandas_object(features.assign(**{str(target.name): target}), index=False).to_numpy().tobytes()
        )
    else:
        # hashes the bytes: column by column, the 784 columns of MNIST would take seconds
        rows = features.to_numpy().tobytes() + target.to_numpy().tobytes()
    return hashlib.sha256(names.encode() + rows).hexdigest()[:16]
