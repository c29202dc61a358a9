"""The multilayer perceptron: dense layers of one width, each followed by dropout."""

from typing import TYPE_CHECKING, Annotated, Final, Literal, final

from pipeline.data import Output
from pipeline.experiment import Model, Name, Real, Whole
from pipeline.searchable import Searchable
from pipeline.space import Params

if TYPE_CHECKING:
    import keras

BACKEND: Final = "jax"
ACTIVATIONS: Final = ("relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear")


@final
class Settings(Model):
    """`[model]` with `family = "mlp"`."""

    family: Literal["mlp"]
    width: Annotated[Whole, Searchable(int, least=1)] = 32
    depth: Annotated[Whole, Searchable(int, least=1)] = 1
    dropout: Annotated[Real, Searchable(float, least=0, below=1)] = 0.0
    activation: Annotated[Name, Searchable(str, allowed=ACTIVATIONS)] = "relu"


def model(settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
    """An mlp of `depth` hidden layers of `width` units; no layer where `dropout` is 0."""
    import keras

    layers: list[keras.layers.Layer] = [keras.layers.Input(input)]
    for _ in range(int(settings["depth"])):
        layers.append(keras.layers.Dense(int(settings["width"]), activation=settings["activation"]))
        if settings["dropout"]:
            layers.append(keras.layers.Dropout(float(settings["dropout"])))
    layers.append(keras.layers.Dense(output.units, activation=output.activation))
    return keras.Sequential(layers)
