"""Stacked LSTMs over the steps of a sequence, or over the rows of an image, each followed by dropout."""

from typing import TYPE_CHECKING, Annotated, Final, Literal, final

from pipeline.config.experiment import Flag, Model, Real, Whole
from pipeline.config.searchable import Searchable
from pipeline.values.blueprint import Output
from pipeline.values.space import Params

if TYPE_CHECKING:
    import keras

BACKEND: Final = "jax"
AXES: Final = (2, 3)


@final
class Settings(Model):
    """`[model]` with `family = "lstm"`."""

    family: Literal["lstm"]
    units: Annotated[Whole, Searchable(int, least=1)] = 32
    layers: Annotated[Whole, Searchable(int, least=1)] = 1
    bidirectional: Annotated[Flag, Searchable(bool)] = False
    dropout: Annotated[Real, Searchable(float, least=0, below=1)] = 0.0


def model(settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
    """`layers` LSTMs of `units`, in both directions if `bidirectional`; no dropout layer if `dropout` is 0."""
    import keras

    layers: list[keras.layers.Layer] = [keras.layers.Input(input)]
    if len(input) > 2:
        layers.append(keras.layers.Reshape((input[0], -1)))
    count = int(settings["layers"])
    for i in range(count):
        lstm = keras.layers.LSTM(int(settings["units"]), return_sequences=i < count - 1)
        layers.append(keras.layers.Bidirectional(lstm) if settings["bidirectional"] else lstm)
        if settings["dropout"]:
            layers.append(keras.layers.Dropout(float(settings["dropout"])))
    layers.append(keras.layers.Dense(output.units, activation=output.activation))
    return keras.Sequential(layers)
