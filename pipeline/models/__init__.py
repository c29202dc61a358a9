"""The model families: a family turns settings into an ordinary Keras model and knows nothing of data or searches.

The file's name is the value of `model.family`. Each file offers

    Settings                                `[model]` with the family's settings, a subclass of `experiment.Model`
    model(settings, input, output) -> keras.Model

    AXES                                    how many axes a row may have: 1 numbers, 2 sequence, 3 image (left out: any)
    BACKEND                                 the backend on which its lanes train fastest (left out: tensorflow)

where `settings` maps the family's names to values, `input` is the shape of one row and `output` the last layer. The
weights are drawn from Keras's global seed, which the engine sets. Keras is imported inside the function.
"""

from typing import TYPE_CHECKING, Protocol

from pipeline.data import Output
from pipeline.experiment import Model
from pipeline.space import Params

if TYPE_CHECKING:
    import keras


class ModelPart(Protocol):
    """A file of this folder, as `choose.part` returns it."""

    Settings: type[Model]

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model": ...  # noqa: A002
