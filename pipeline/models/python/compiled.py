"""A user's compiled model, adapted to the output that its task needs; its loss must be the task's."""

import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.values.blueprint import Output
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import keras

CLASSES: Final = ("sparse_categorical_crossentropy", "categorical_crossentropy")
"""The losses for classes: they differ only in how the target is encoded, which the pipeline does."""
BINARY: Final = "binary_crossentropy"
PLAIN: Final = ("name", "dtype", "reduction", "axis", "from_logits")
"""Arguments of a loss that do not make it a different loss."""


def takes_logits(model: "keras.Model") -> bool:
    """Whether a model was compiled with a loss that takes logits."""
    return bool(_loss(model)[1].get("from_logits", False))


def suited(model: "keras.Model", name: str, output: Output) -> "keras.Model":
    """A model with the same layers and weights, and with the required `output`; it is not compiled.

    One unit for two classes becomes one unit per class. Logits become probabilities if `output` asks for these.
    Raises UserError at `name` if the model was compiled with another loss than the task's.
    """
    import keras

    loss, config = _loss(model)
    classes, logits = output.loss in CLASSES, takes_logits(model)
    two = classes and loss == BINARY and output.units == 2 and tuple(model.output_shape) == (None, 1)
    others = {key: value for key, value in config.items() if key not in PLAIN and value}
    if others or not (two or loss in ("", output.loss) or (classes and loss in CLASSES)):
        said = ", ".join([loss, *(f"{key}={value}" for key, value in others.items())])
        problem = f"is compiled with the loss {said}, but this task needs {output.loss}."
        raise UserError(name, problem, f'Compile it with `loss="{output.loss}"`, or leave the loss out.')
    if output.from_logits and not logits:
        raise UserError(name, "its loss takes logits in some models and not in others.", "Do the same in all models.")
    answers = model.outputs[0] if len(model.outputs) == 1 else model.outputs
    if two:
        # 1 - p next to p, or a logit of 0 next to the model's own
        other = keras.layers.Rescaling(0.0 if logits else -1.0, 0.0 if logits else 1.0)
        answers = keras.layers.Concatenate()([other(answers), answers])
    if classes and logits and not output.from_logits:
        answers = keras.layers.Softmax()(answers)
    # a new model, since a compiled one keeps measuring the metrics that it was compiled with
    return keras.Model(model.inputs[0], answers)


def _loss(model: "keras.Model") -> tuple[str, dict[str, Any]]:
    """The name of a model's compiled loss, as Keras writes it, and its arguments; both are empty without one."""
    import keras

    given = model.loss if model.compiled else None
    if given is None:
        return "", {}
    found = keras.losses.get(given) if isinstance(given, str) else given
    if isinstance(found, keras.losses.Loss):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(found).__name__).lower(), found.get_config()
    return getattr(found, "__name__", str(found)), {}
