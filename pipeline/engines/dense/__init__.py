"""The engine `dense`: chains of dense layers, trained in compiled functions, one trial a thread.

The files, in the order of a trial's way: `engine` gives each trial a thread and says whose epoch comes next. `chain`
reads the trial's Keras model as a chain, and `rules` its optimizer; `training` is the trial in its thread. `kernels`
are the compiled functions.

Models that are no such chain are trained by the engine `vectorized`: all trials of a search, if any option of a choice
needs it; otherwise only the trials that do.
"""

from pipeline.engines import Engine
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.space import Params


def create(blueprint: Blueprint, prepared: Prepared, trials: int = 1, ahead: int | None = None) -> Engine:
    """An engine that trains a search's models on prepared data; the search has at most `trials` trials."""
    from pipeline.engines.dense.engine import create

    return create(blueprint, prepared, trials, ahead)


def trains(blueprint: Blueprint, settings: Params) -> bool:
    """Whether a model with these settings can be trained here; that it is a chain proves it, without compiling."""
    from pipeline.engines.dense.engine import refusal

    return not refusal(blueprint, settings)
