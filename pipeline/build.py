"""Stage 3: what the models of a search have in common, and how settings become a model and its optimizer."""

from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline.data import Blueprint, Output, Prepared, Task
from pipeline.errors import UserError
from pipeline.experiment import Experiment
from pipeline.family import Own, family
from pipeline.hyper import Hyper
from pipeline.optimizers import CLASSES, takes
from pipeline.scaling import Make, scaled, scalings
from pipeline.space import Choice, Params

if TYPE_CHECKING:
    import keras

    from pipeline.models import ModelPart

ROWS: Final = {1: "plain numbers", 2: "a sequence", 3: "an image"}
"""What a row is, by its number of axes."""


def build(experiment: Experiment, prepared: Prepared) -> Blueprint:
    """The blueprint of an experiment's models for prepared data; runs a user's own module, if the file names one.

    UserError if the family cannot make a model for such rows.
    """
    found = family(experiment.model.family, experiment.file)
    shape = prepared.train.x.shape[1:]
    output = _output(prepared)
    _check(found, experiment, prepared, output)
    trained = _trained(found, experiment, output)
    model: Make = partial(found.model, input=shape, output=trained)
    answering: Make = partial(found.model, input=shape, output=output)
    if isinstance(experiment.preprocess.scale, Choice):
        try:
            fitted = scalings(prepared)
        except UserError as error:
            raise error.within(experiment.file) from None
        model, answering = (partial(scaled, make=make, fitted=fitted) for make in (model, answering))
    brought = found.optimizer if isinstance(found, Hyper) and experiment.training.optimizer is None else optimizer
    return Blueprint(experiment.space, experiment.fixed, model, answering, brought, shape, trained, experiment.defaults)


def optimizer(settings: Params) -> "keras.optimizers.Optimizer":
    """A new optimizer of the kind in the settings, with those of their numbers that it takes."""
    import keras

    name = str(settings["optimizer"])
    numbers = {key: value for key, value in settings.items() if takes(name, key)}
    made: keras.optimizers.Optimizer = getattr(keras.optimizers, CLASSES[name])(**numbers)
    return made


def _trained(found: "ModelPart | Own | Hyper", experiment: Experiment, output: Output) -> Output:
    if isinstance(found, Hyper):
        return found.trained(experiment.baseline, output)
    # a user's own model may end in a softmax even if it is asked for a linear output
    return output if isinstance(found, Own) else output.trained


def _check(found: "ModelPart | Own | Hyper", experiment: Experiment, prepared: Prepared, output: Output) -> None:
    shape = prepared.train.x.shape[1:]
    if isinstance(found, Own | Hyper):
        try:
            found.made(experiment.baseline, shape, output)
        except UserError as error:
            raise error.within(experiment.file) from error.__cause__
        return
    axes = getattr(found, "AXES", None)
    if axes is not None and len(shape) not in axes:
        kinds = " or ".join(ROWS[count] for count in axes)
        problem = (
            f"`{experiment.model.family}` trains on {kinds}; a row of {prepared.dataset.name} is {ROWS[len(shape)]}."
        )
        raise UserError(f"{experiment.file}, model.family", problem, "mlp takes any kind of row.")


def _output(prepared: Prepared) -> Output:
    task = prepared.dataset.task
    if task is Task.REGRESSION:
        return Output(1, "linear", "mean_squared_error", task.metrics)
    return Output(len(prepared.transform.classes), "softmax", "sparse_categorical_crossentropy", task.metrics)
