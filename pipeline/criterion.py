"""The loss of an output, as an object of Keras."""

from typing import TYPE_CHECKING

from pipeline.data import Output

if TYPE_CHECKING:
    import keras


def criterion(output: Output) -> "keras.losses.Loss":
    """The loss for `model.compile`; its `call` takes targets (rows,) and outputs (rows, units) to one value per row."""
    import keras

    config = {"from_logits": True} if output.from_logits else {}
    name = output.loss.title().replace("_", "")
    made: keras.losses.Loss = keras.losses.get({"class_name": name, "config": config})
    return made
