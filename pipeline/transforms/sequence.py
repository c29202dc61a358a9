"""Values, one per column, made into sequences: missing values filled, scaled, and reshaped to steps and features."""

from typing import TYPE_CHECKING

from pipeline.config.experiment import Experiment
from pipeline.transforms import Ready
from pipeline.transforms._numbers import all_columns, numbers

if TYPE_CHECKING:
    import pandas as pd


def ready(train: "pd.DataFrame", experiment: Experiment, shape: tuple[int, ...]) -> Ready:
    """The transformer from columns, ordered step by step, to sequences of `shape`."""
    import numpy as np
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    columns = all_columns(train, experiment)
    laid_out = FunctionTransformer(np.reshape, kw_args={"shape": (-1, *shape)})
    return Ready(make_pipeline(*numbers(train, experiment.preprocess, marked=False), laid_out), columns)
