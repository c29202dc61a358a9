"""Stage 3: what the models of a search have in common, and how settings become a model and its optimizer."""

from functools import partial
from typing import TYPE_CHECKING, Final

from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.config.optimizers import CLASSES, takes
from pipeline.config.parts import FIELD
from pipeline.transforms.tabular.front import Front, behind, front
from pipeline.values.blueprint import Blueprint, Output
from pipeline.values.data import Prepared, Task
from pipeline.values.errors import UserError
from pipeline.values.space import Params

if TYPE_CHECKING:
    import keras

    from pipeline.models import Family

ROWS: Final = {1: "plain numbers", 2: "a sequence", 3: "an image"}
"""What a row is, by its number of axes."""


def build(experiment: Experiment, prepared: Prepared) -> Blueprint:
    """The blueprint of an experiment's models for prepared data; runs a user's own module, if the file names one.

    UserError if the family cannot make a model for such rows.
    """
    found = parts.family(experiment.model.family, experiment.file)
    output = _output(prepared)
    try:
        before = front(prepared, experiment)
    except UserError as error:
        raise error.within(experiment.file) from None
    _check(found, experiment, prepared, output, before)
    trained = found.trained(experiment.baseline, output)
    model, answering = (
        partial(behind, make=partial(found.model, output=last), front=before) for last in (trained, output)
    )
    # the file names no optimizer if each model comes compiled with its own
    of = optimizer if experiment.training.optimizer is not None or found.optimizer is None else found.optimizer
    return Blueprint(
        experiment.space, experiment.fixed, model, answering, of, before.rows, trained, experiment.defaults
    )


def optimizer(settings: Params) -> "keras.optimizers.Optimizer":
    """A new optimizer of the kind that the settings name, with those settings that are its arguments."""
    import keras

    name = str(settings["optimizer"])
    numbers = {key: value for key, value in settings.items() if takes(name, key)}
    made: keras.optimizers.Optimizer = getattr(keras.optimizers, CLASSES[name])(**numbers)
    return made


def _check(found: "Family", experiment: Experiment, prepared: Prepared, output: Output, before: Front) -> None:
    shape = before.rows
    if found.axes and len(shape) not in found.axes:
        kinds = " or ".join(ROWS[count] for count in found.axes)
        problem = (
            f"`{experiment.model.family}` trains on {kinds}; a row of {prepared.dataset.name} is {ROWS[len(shape)]}."
        )
        raise UserError(f"{experiment.file}, {FIELD}", problem, "mlp takes any kind of row.")
    try:
        for given in dict.fromkeys((shape, before.widest)):
            found.check(experiment.baseline, given, output)
    except UserError as error:
        raise error.within(experiment.file) from error.__cause__


def _output(prepared: Prepared) -> Output:
    task = prepared.dataset.task
    if task is Task.REGRESSION:
        return Output(1, "linear", "mean_squared_error", task.metrics)
    return Output(len(prepared.transform.classes), "softmax", "sparse_categorical_crossentropy", task.metrics)
