"""A multilayer perceptron: dense layers, all of the same width or each with its own width, each followed by dropout."""

from typing import TYPE_CHECKING, Annotated, Final, Literal, final

from pydantic import model_validator

from pipeline.config.experiment import Model, Name, Real, Whole
from pipeline.config.searchable import Searchable
from pipeline.models._activations import ACTIVATIONS
from pipeline.values.blueprint import Output
from pipeline.values.errors import UserError
from pipeline.values.space import Dimension, Params

if TYPE_CHECKING:
    import keras

BACKEND: Final = "jax"
AXES: Final[tuple[int, ...]] = ()
WIDTHS: Final = r"[1-9][0-9]*(-[1-9][0-9]*)*"


@final
class Settings(Model):
    """`[model]` with `family = "mlp"`."""

    family: Literal["mlp"]
    width: Annotated[Whole, Searchable(int, least=1)] = 32
    depth: Annotated[Whole, Searchable(int, least=0)] = 1
    widths: Annotated[Name | None, Searchable(str, pattern=WIDTHS, example="50-32")] = None
    dropout: Annotated[Real, Searchable(float, least=0, below=1)] = 0.0
    activation: Annotated[Name, Searchable(str, allowed=ACTIVATIONS)] = "relu"

    @model_validator(mode="after")
    def _widths_say_all(self) -> "Settings":
        for name in ("width", "depth"):
            if self.widths is not None and isinstance(getattr(self, name), Dimension):
                problem = "is searched, but `widths` says how many layers there are and how wide."
                raise UserError(f"model.{name}", problem, f"Remove `{name}` or `widths`.")
        return self


def model(settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
    """An mlp of `depth` hidden layers of `width` units, or of `widths`; no dropout layer if `dropout` is 0."""
    import keras

    layers: list[keras.layers.Layer] = [keras.layers.Input(input)]
    if len(input) > 1:
        layers.append(keras.layers.Flatten())
    for width in _widths(settings):
        layers.append(keras.layers.Dense(width, activation=settings["activation"]))
        if settings["dropout"]:
            layers.append(keras.layers.Dropout(float(settings["dropout"])))
    layers.append(keras.layers.Dense(output.units, activation=output.activation))
    return keras.Sequential(layers)


def _widths(settings: Params) -> list[int]:
    if "widths" in settings:
        return [int(width) for width in str(settings["widths"]).split("-")]
    return [int(settings["width"])] * int(settings["depth"])
