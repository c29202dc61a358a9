"""A function in a user's own module as a model family."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, final

from pydantic import create_model
from pydantic_core import PydanticCustomError

from pipeline.config.experiment import NOT_SETTINGS, EarlyStopping, Model, Training
from pipeline.config.searchable import Searchable
from pipeline.models.python.module import ModuleMember
from pipeline.values.blueprint import Output
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int, Params

if TYPE_CHECKING:
    import keras


@final
@dataclass(frozen=True, slots=True)
class ModelFunction:
    """A family that is a function, called as the `model` of a file of `models/`; its settings are those in the file."""

    member: ModuleMember
    backend = "tensorflow"
    axes = ()
    optimizer = None

    @property
    def code(self) -> str:
        return self.member.code

    def sections(
        self,
        model: Mapping[str, Any],
        training: Training,
        given: Collection[str],  # noqa: ARG002 the protocol's
    ) -> tuple[type[Model], Mapping[str, Any], Training]:
        return self.settings(model), model, training

    def settings(self, raw: Mapping[str, Any]) -> type[Model]:
        """The class of `[model]` with the keys of the file, each a value, a range or choices of one type.

        A setting that `[baseline]` leaves out takes the middle of its range, or the first of its choices.
        """
        taken = {*Training.model_fields, *EarlyStopping.model_fields, *NOT_SETTINGS} - {"family"}
        fields: dict[str, Any] = {"family": (str, ...)}
        for key, given in raw.items():
            if key == "family":
                continue
            if not (key.isidentifier() and key.islower()) or key in taken or hasattr(Model, key):
                reason = "is a key of [training]" if key in taken else "cannot be a setting's name"
                raise UserError(f"model.{key}", f"{reason}.", "Give the model's setting another name, in lower case.")
            fields[key] = (Annotated[Any, Searchable(_kind(key, given))], _middle(given))
        made: type[Model] = create_model("Settings", __base__=Model, __module__=__name__, **fields)
        return made

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
        """The model that the function makes; exceptions of the function are not caught."""
        made: keras.Model = self.member.imported()(settings, input, output)
        return made

    def check(self, settings: Params, input: tuple[int, ...], output: Output) -> None:  # noqa: A002
        """UserError if the function does not make a model from these settings that fits the data; imports Keras."""
        called = "It is called as function(settings, input, output), where input is the shape of a row."
        last = "End with `keras.layers.Dense(output.units, output.activation)`."
        self.member.made(lambda: self.model(settings, input, output), output, called, last)

    def trained(self, settings: Params, output: Output) -> Output:  # noqa: ARG002 the protocol's
        """The same output: a user's function may end in a softmax even if it is asked for a linear output."""
        return output


def _kind(key: str, given: Any) -> type:
    """The one type of all values in a value, a range or choices; UserError if there are several."""
    values: Sequence[Any] = [given]
    if isinstance(given, Mapping):
        choices = given.get("choices")
        ends = [given[name] for name in ("low", "high", "step") if name in given]
        values = choices if isinstance(choices, list) else ends
    elif isinstance(given, list):
        values = given
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return float
    if len(kinds) != 1 or not kinds <= {int, float, bool, str}:
        hint = "Write a number, a string, true or false, a range `{ low = …, high = … }` or choices `[…, …]`."
        raise UserError(f"model.{key}", f"is {given!r}, which is not a value, a range or choices of one type.", hint)
    return kinds.pop()


def _middle(given: Any) -> Any:
    """A setting's value, middle of its range or first choice; None if `given` is wrong (reported elsewhere)."""
    try:
        read = Searchable(_kind("", given)).read(given)
    except (PydanticCustomError, UserError):
        return None
    if isinstance(read, Choice):
        return read.options[0]
    return read.at(0.5) if isinstance(read, Int | Float) else read
