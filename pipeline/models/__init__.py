"""The model families: a family turns settings into an ordinary Keras model and knows nothing of data or searches.

The file's name is the value of `model.family`. Each file offers what `FamilyFile` lists and imports Keras inside its
function `model`. A family whose name begins with `python:` is a user's own: `python/` finds it. Both kinds of families
are used through the protocol `Family`.

`settings` map the family's names to values, `input` is the shape of one row and `output` describes the last layer. The
weights are drawn from Keras's global seed, which the engine sets.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, final

from pipeline.config import parts
from pipeline.config.experiment import Model, Training
from pipeline.config.parts import PREFIX
from pipeline.models import python
from pipeline.values.blueprint import Output
from pipeline.values.space import Params

if TYPE_CHECKING:
    import keras


class FamilyFile(Protocol):
    """A file of this folder."""

    Settings: type[Model]
    """`[model]` with the family's own settings."""
    AXES: tuple[int, ...]
    """How many axes a row may have: 1 plain numbers, 2 a sequence, 3 an image; empty: any number."""
    BACKEND: str
    """The backend on which its lanes train fastest."""

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model": ...  # noqa: A002


class Family(Protocol):
    """A model family, whether a file of this folder or a user's own."""

    @property
    def backend(self) -> str:
        """The backend on which its lanes train fastest."""

    @property
    def axes(self) -> tuple[int, ...]:
        """How many axes a row may have; empty: any number."""

    @property
    def code(self) -> str | None:
        """The text of a user's own module, to notice a changed model; None for a file of this folder."""

    @property
    def optimizer(self) -> "Callable[[Params], keras.optimizers.Optimizer] | None":
        """Makes the optimizer of a trial if the models come compiled; None if the settings alone describe it."""

    def sections(
        self, model: Mapping[str, Any], training: Training, given: Collection[str]
    ) -> tuple[type[Model], Mapping[str, Any], Training]:
        """The class of `[model]`, the values that it checks, and `[training]` as these models need it.

        `model` is the section as the file has it, `given` are the keys that the file has under `[training]`.
        """

    def check(self, settings: Params, input: tuple[int, ...], output: Output) -> None:  # noqa: A002
        """UserError if the settings make no model for such rows; may import Keras."""

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
        """A new model of the settings."""

    def trained(self, settings: Params, output: Output) -> Output:
        """The output during training: logits if the family can give them."""


def family(name: str, file: str) -> Family:
    """The family that a file names; UserError at `model.family` if there is none of this name."""
    if name.startswith(PREFIX):
        return python.family(name, file)
    parts.family_file(name)
    return BuiltIn(name)


@final
@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A family that is a file of this folder. It holds only the file's name, so that it can be pickled."""

    name: str
    code = None
    optimizer = None

    @property
    def backend(self) -> str:
        return parts.family_file(self.name).BACKEND

    @property
    def axes(self) -> tuple[int, ...]:
        return parts.family_file(self.name).AXES

    def sections(
        self,
        model: Mapping[str, Any],
        training: Training,
        given: Collection[str],  # noqa: ARG002 the protocol's
    ) -> tuple[type[Model], Mapping[str, Any], Training]:
        return parts.family_file(self.name).Settings, model, training

    def check(self, settings: Params, input: tuple[int, ...], output: Output) -> None:  # noqa: A002
        """Nothing: a file of this folder makes a model for rows of its axes."""

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
        return parts.family_file(self.name).model(settings, input, output)

    def trained(self, settings: Params, output: Output) -> Output:  # noqa: ARG002 the protocol's
        return output.trained
