"""What columns of numbers go through: gaps filled, then scaled."""

from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError
from pipeline.experiment import Columns, Experiment, Preprocess
from pipeline.space import Choice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def as_array(dtype: Any) -> Any:
    """A transformer from a frame to an array."""
    import numpy as np
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(np.asarray, kw_args={"dtype": dtype}, feature_names_out="one-to-one")


def numbers(train: "pd.DataFrame", settings: Preprocess, *, marked: bool) -> Any:
    """An unfitted transformer of the numeric columns of `train`, where they may say which value was a gap."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    filled = make_pipeline(
        as_array(np.float64),
        SimpleImputer(strategy=settings.impute, add_indicator=marked, keep_empty_features=not marked),
    )
    if isinstance(settings.scale, Choice):
        return filled  # the models scale
    if settings.scale != "unit_columns":
        return make_pipeline(*filled, scaler(settings.scale))
    finite = train.replace([np.inf, -np.inf], np.nan)  # what is infinite is refused when all columns are known
    values = filled.fit_transform(finite) if train.shape[1] else np.ones((1, 0))
    return make_pipeline(*filled, scaler(settings.scale, values))


def scaler(name: str, values: "np.ndarray | None" = None) -> Any:
    """An unfitted transformer that scales as `preprocess.scale` says; `unit_columns` needs the `values` to fit."""
    import numpy as np
    from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

    if name == "unit_columns" and values is not None:
        lengths = np.linalg.norm(values, axis=0)
        # a function with its numbers inside: no class of scikit-learn's divides by a length
        return FunctionTransformer(partial(np.multiply, 1 / np.where(lengths, lengths, 1.0)))
    kinds = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "unit_rows": Normalizer}
    return kinds.get(name, FunctionTransformer)()


def all_columns(train: "pd.DataFrame", experiment: Experiment) -> tuple[str, ...]:
    """All columns, which together are one array; UserError where the file picks some, or searches their scale."""
    if isinstance(experiment.preprocess.scale, Choice):
        problem = "is searched, which only the columns of a table can be."
        raise UserError("preprocess.scale", problem, "Write one of the choices.")
    if experiment.data.columns not in ([], Columns()):
        problem = "picks columns out of an image or a sequence, which are whole."
        raise UserError("data.columns", problem, "Remove it.")
    return tuple(map(str, train.columns))
