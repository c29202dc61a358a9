"""Stage 3: what the models of a search have in common, and how settings become a model and its optimizer."""

from functools import partial
from typing import TYPE_CHECKING, cast

from pipeline import choose
from pipeline.data import Blueprint, Output, Prepared, Task
from pipeline.experiment import Experiment
from pipeline.models import ModelPart
from pipeline.optimizers import CLASSES, takes
from pipeline.space import Params

if TYPE_CHECKING:
    import keras


def build(experiment: Experiment, prepared: Prepared) -> Blueprint:
    """The blueprint of an experiment's models for data that is ready."""
    family = cast("ModelPart", choose.part("models", experiment.model.family, "model.family"))
    shape = prepared.train.x.shape[1:]
    output = _output(prepared)
    model = partial(family.model, input=shape, output=output.trained)
    answering = partial(family.model, input=shape, output=output)
    return Blueprint(experiment.space, experiment.fixed, model, answering, optimizer, shape, output.trained)


def optimizer(settings: Params) -> "keras.optimizers.Optimizer":
    """A fresh optimizer of the settings' kind, with those of their numbers that it takes."""
    import keras

    name = str(settings["optimizer"])
    numbers = {key: value for key, value in settings.items() if takes(name, key)}
    made: keras.optimizers.Optimizer = getattr(keras.optimizers, CLASSES[name])(**numbers)
    return made


def _output(prepared: Prepared) -> Output:
    task = prepared.dataset.task
    if task is Task.REGRESSION:
        return Output(1, "linear", "mean_squared_error", task.metrics)
    return Output(len(prepared.transform.classes), "softmax", "sparse_categorical_crossentropy", task.metrics)
