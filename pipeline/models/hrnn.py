"""The hierarchical recurrent network: an LSTM along the pixels of each row, then an LSTM over the rows."""

from typing import TYPE_CHECKING, Annotated, Final, Literal, final

from pipeline.blueprint import Output
from pipeline.experiment import Model, Real, Whole
from pipeline.searchable import Searchable
from pipeline.space import Params

if TYPE_CHECKING:
    import keras

BACKEND: Final = "tensorflow"
"""Measured, an epoch of 2,560 digits: a lane on TensorFlow 2.2 s, `fit` 2.9 s; on JAX 8 s for one to four, 4.3 s."""
AXES: Final = (3,)


@final
class Settings(Model):
    """`[model]` with `family = "hrnn"`."""

    family: Literal["hrnn"]
    pixel_units: Annotated[Whole, Searchable(int, least=1)] = 32
    row_units: Annotated[Whole, Searchable(int, least=1)] = 32
    dropout: Annotated[Real, Searchable(float, least=0, below=1)] = 0.0


def model(settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
    """The same LSTM of `pixel_units` encodes every row; an LSTM of `row_units` encodes the rows; dropout after each.

    The first is what `TimeDistributed` makes of it, to the same losses, written as one LSTM over the rows of all
    images: measured on TensorFlow, an epoch of 2,560 digits takes 2.9 s instead of 5, the first one 6 instead of 17.
    """
    import keras

    rows, pixels, channels = input
    rate = float(settings["dropout"])
    units = int(settings["pixel_units"])
    images = keras.layers.Input(input)
    x = keras.ops.reshape(images, (-1, pixels, channels))
    x = keras.layers.LSTM(units)(x)
    x = keras.ops.reshape(x, (-1, rows, units))
    x = keras.layers.Dropout(rate)(x) if rate else x
    x = keras.layers.LSTM(int(settings["row_units"]))(x)
    x = keras.layers.Dropout(rate)(x) if rate else x
    return keras.Model(images, keras.layers.Dense(output.units, activation=output.activation)(x))
