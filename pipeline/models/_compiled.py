"""A model that comes compiled, made to answer as its task needs; what it was compiled for has to be that."""

import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.blueprint import Output
from pipeline.errors import UserError

if TYPE_CHECKING:
    import keras

CLASSES: Final = ("sparse_categorical_crossentropy", "categorical_crossentropy")
"""The losses of classes: which of the two follows from how the target is written, and the pipeline writes it."""
BINARY: Final = "binary_crossentropy"
PLAIN: Final = ("name", "dtype", "reduction", "axis", "from_logits")
"""What a loss may say and be the same loss."""


def takes_logits(model: "keras.Model") -> bool:
    """Whether a model was compiled with a loss that takes logits."""
    return bool(_loss(model)[1].get("from_logits", False))


def suited(model: "keras.Model", name: str, output: Output) -> "keras.Model":
    """The layers of a model as one that answers as `output` says and is not compiled, with the same weights.

    One unit for two classes becomes a unit for each, and logits become probabilities where these are asked for.
    UserError at `name` where the model was compiled for something else.
    """
    import keras

    loss, config = _loss(model)
    classes, logits = output.loss in CLASSES, takes_logits(model)
    two = classes and loss == BINARY and output.units == 2 and tuple(model.output_shape) == (None, 1)
    others = {key: value for key, value in config.items() if key not in PLAIN and value}
    if others or not (two or loss in ("", output.loss) or (classes and loss in CLASSES)):
        said = ", ".join([loss, *(f"{key}={value}" for key, value in others.items())])
        problem = f"is compiled with the loss {said}, and this task is trained by {output.loss}."
        raise UserError(name, problem, f'Compile it with `loss="{output.loss}"`, or leave the loss out.')
    if output.from_logits and not logits:
        raise UserError(name, "its loss takes logits of some models and not of others.", "Let it do one of both.")
    answers = model.outputs[0] if len(model.outputs) == 1 else model.outputs
    if two:
        # 1 - p beside p, or a logit of 0 beside the one that there is
        other = keras.layers.Rescaling(0.0 if logits else -1.0, 0.0 if logits else 1.0)
        answers = keras.layers.Concatenate()([other(answers), answers])
    if classes and logits and not output.from_logits:
        answers = keras.layers.Softmax()(answers)
    # anew, since a model that was compiled once goes on to measure what it was compiled to measure
    return keras.Model(model.inputs[0], answers)


def _loss(model: "keras.Model") -> tuple[str, dict[str, Any]]:
    """The name of the loss that a model was compiled with, as Keras writes it, and its numbers; empty without one."""
    import keras

    given = model.loss if model.compiled else None
    if given is None:
        return "", {}
    found = keras.losses.get(given) if isinstance(given, str) else given
    if isinstance(found, keras.losses.Loss):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(found).__name__).lower(), found.get_config()
    return getattr(found, "__name__", str(found)), {}
