"""A convolutional network: blocks of convolutions, each followed by pooling and dropout, then a dense layer."""

from typing import TYPE_CHECKING, Annotated, Final, Literal, final

from pipeline.config.experiment import Model, Name, Real, Whole
from pipeline.config.searchable import Searchable
from pipeline.models._activations import ACTIVATIONS
from pipeline.values.blueprint import Output
from pipeline.values.space import Params

if TYPE_CHECKING:
    import keras

BACKEND: Final = "tensorflow"
AXES: Final = (2, 3)


@final
class Settings(Model):
    """`[model]` with `family = "cnn"`; each further convolution has `growth` times the filters of the one before."""

    family: Literal["cnn"]
    blocks: Annotated[Whole, Searchable(int, least=1)] = 1
    convolutions: Annotated[Whole, Searchable(int, least=1)] = 2
    filters: Annotated[Whole, Searchable(int, least=1)] = 32
    growth: Annotated[Whole, Searchable(int, least=1)] = 2
    kernel: Annotated[Whole, Searchable(int, least=1)] = 3
    padding: Annotated[Name, Searchable(str, allowed=("same", "valid"))] = "same"
    pooling: Annotated[Whole, Searchable(int, least=1)] = 2
    dropout: Annotated[Real, Searchable(float, least=0, below=1)] = 0.0
    dense: Annotated[Whole, Searchable(int, least=0)] = 128
    dense_dropout: Annotated[Real, Searchable(float, least=0, below=1)] = 0.0
    activation: Annotated[Name, Searchable(str, allowed=ACTIVATIONS)] = "relu"


def model(settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
    """Convolutions along two axes of an image, or along the steps of a sequence.

    There is no pooling if `pooling` is 1, and no such layer if a dropout rate or `dense` is 0.
    """
    import keras

    flat = len(input) == 2
    convolution = keras.layers.Conv1D if flat else keras.layers.Conv2D
    pool = keras.layers.MaxPooling1D if flat else keras.layers.MaxPooling2D
    numbers = {name: int(settings[name]) for name in ("filters", "growth", "kernel", "pooling", "dense")}
    how = {"padding": str(settings["padding"]), "activation": settings["activation"]}
    layers: list[keras.layers.Layer] = [keras.layers.Input(input)]
    filters = numbers["filters"]
    for _ in range(int(settings["blocks"])):
        for _ in range(int(settings["convolutions"])):
            layers.append(convolution(filters, numbers["kernel"], **how))
            filters *= numbers["growth"]
        if numbers["pooling"] > 1:
            layers.append(pool(numbers["pooling"], padding=how["padding"]))
        if settings["dropout"]:
            layers.append(keras.layers.Dropout(float(settings["dropout"])))
    layers.append(keras.layers.Flatten())
    if numbers["dense"]:
        layers.append(keras.layers.Dense(numbers["dense"], activation=settings["activation"]))
        if settings["dense_dropout"]:
            layers.append(keras.layers.Dropout(float(settings["dense_dropout"])))
    layers.append(keras.layers.Dense(output.units, activation=output.activation))
    return keras.Sequential(layers)
