"""Pixels, one per column, made into images: divided by 255 and reshaped to rows, columns and channels."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pipeline.config.experiment import Experiment
from pipeline.transforms import Ready
from pipeline.transforms._numbers import all_columns, as_array

if TYPE_CHECKING:
    import pandas as pd

WHITE: Final = 255


def ready(train: "pd.DataFrame", experiment: Experiment, shape: tuple[int, ...]) -> Ready:
    """The transformer from pixels to images of `shape`; if `scale` is `unit_rows`, each image gets length one.

    All pixels are scaled in the same way: with a scale per column, pixels at the margins would become noise.
    """
    import numpy as np
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, Normalizer

    parts: list[Any] = [as_array(np.float32), FunctionTransformer(np.nan_to_num)]  # a missing pixel is background
    parts.append(FunctionTransformer(partial(np.multiply, np.float32(1 / WHITE))))
    if experiment.preprocess.scale == "unit_rows":
        parts.append(Normalizer())
    parts.append(FunctionTransformer(np.reshape, kw_args={"shape": (-1, *shape)}))
    return Ready(make_pipeline(*parts), all_columns(train, experiment))
