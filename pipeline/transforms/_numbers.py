"""The transform of numeric columns: missing values are filled, then the numbers are scaled."""

from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.config.experiment import STANDARD, Columns, Experiment, Preprocess
from pipeline.config.searchable import written
from pipeline.values.errors import UserError
from pipeline.values.space import Choice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def as_array(dtype: Any) -> Any:
    """A transformer from a data frame to an array of this dtype."""
    import numpy as np
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(np.asarray, kw_args={"dtype": dtype}, feature_names_out="one-to-one")


def numbers(train: "pd.DataFrame", settings: Preprocess, *, marked: bool) -> Any:
    """An unfitted transformer of the numeric columns of `train`; if `marked`, further columns mark missing values."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    filled = make_pipeline(
        as_array(np.float64),
        SimpleImputer(strategy=settings.impute, add_indicator=marked, keep_empty_features=not marked),
    )
    if isinstance(settings.scale, Choice):
        return filled  # the models scale the numbers
    if settings.scale != "unit_columns":
        return make_pipeline(*filled, scaler(settings.scale))
    finite = train.replace([np.inf, -np.inf], np.nan)  # infinite values are refused later, when all columns are known
    values = filled.fit_transform(finite) if train.shape[1] else np.ones((1, 0))
    return make_pipeline(*filled, scaler(settings.scale, values))


def scaler(name: str, values: "np.ndarray | None" = None) -> Any:
    """An unfitted transformer for a value of `preprocess.scale`; for `unit_columns` it is fitted to `values` here."""
    import numpy as np
    from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

    if name == "unit_columns" and values is not None:
        lengths = np.linalg.norm(values, axis=0)
        # a function that holds the lengths: no class of scikit-learn divides columns by their length
        return FunctionTransformer(partial(np.multiply, 1 / np.where(lengths, lengths, 1.0)))
    kinds = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "unit_rows": Normalizer}
    return kinds.get(name, FunctionTransformer)()


def all_columns(train: "pd.DataFrame", experiment: Experiment) -> tuple[str, ...]:
    """All columns of an image or a sequence; UserError if the file selects some, or asks for what only tables have."""
    if isinstance(experiment.preprocess.scale, Choice):
        problem = "is searched, but only the columns of a table can have a searched scale."
        raise UserError("preprocess.scale", problem, "Write a single scale, not choices.")
    if experiment.preprocess.numbers != STANDARD:
        problem = f"is {written(experiment.preprocess.numbers)!r}, but only the numbers of a table can be encoded."
        raise UserError("preprocess.numbers", problem, "Remove it.")
    if experiment.data.columns not in ([], Columns()):
        problem = "selects columns, but an image or a sequence always uses all of them."
        raise UserError("data.columns", problem, "Remove it.")
    return tuple(map(str, train.columns))
