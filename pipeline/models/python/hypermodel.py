"""A user's own `keras_tuner.HyperModel` as a family: its space is what its `build` asks for."""

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, final

from pydantic import create_model

from pipeline.config import backend
from pipeline.config.experiment import NOT_SETTINGS, EarlyStopping, Model, Training
from pipeline.config.optimizers import NAMES
from pipeline.config.parts import FIELD
from pipeline.config.searchable import Searchable
from pipeline.models.python import compiled, exploration
from pipeline.models.python.exploration import Asked, Explored
from pipeline.models.python.module import ModuleMember
from pipeline.values.blueprint import Output, without_weights
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int, Params

if TYPE_CHECKING:
    import keras

NAME: Final = re.compile(r"[A-Za-z][\w \-./]{0,199}")
"""Names that pydantic accepts for a field and MLflow for a parameter."""
RESERVED: Final = "tuner/"
"""KerasTuner's hyperband uses names with this prefix to pass values to its trials."""


@final
@dataclass(frozen=True, slots=True)
class HyperModelFamily:
    """A class derived from `keras_tuner.HyperModel`, or a function of one argument `hp`, in a user's own module."""

    member: ModuleMember
    backend = "tensorflow"
    axes = ()

    @property
    def code(self) -> str:
        return self.member.code

    def sections(
        self, model: Mapping[str, Any], training: Training, given: Collection[str]
    ) -> tuple[type[Model], Mapping[str, Any], Training]:
        explored = self.explored(training.backend_for(self.backend))
        asked = {key: asked.setting for key, asked in explored.asked.items()}
        return self.settings(explored), {**asked, **model}, self.training(explored, training, given)

    def explored(self, keras_backend: str) -> Explored:
        """What its builds ask for; runs the module and imports Keras on that backend. UserError if the module fails."""
        backend.prepare(keras_backend)
        # no log is open yet, and TensorFlow's own messages belong neither in it nor on the terminal
        with backend.silent():
            try:
                return exploration.explore(self.member.imported(), self._title)
            except UserError:
                raise
            except Exception as error:
                raise self.member.failed(error, "It is called as build(hp).") from error

    def settings(self, explored: Explored) -> type[Model]:
        """The class of `[model]`, whose keys are what builds ask for.

        The file may give each key another value, range or choices of the same type.
        """
        taken = {*Training.model_fields, *EarlyStopping.model_fields, *NOT_SETTINGS}
        taken -= NAMES if explored.compiled else set()
        fields: dict[str, Any] = {"family": (str, ...)}
        for key, asked in explored.asked.items():
            self._check_name(key, taken)
            fields[key] = (Annotated[Any, _searchable(asked)], asked.default)
        made: type[Model] = create_model("Settings", __base__=Model, __module__=__name__, **fields)
        return made

    def training(self, explored: Explored, training: Training, given: Iterable[str]) -> Training:
        """`[training]` as these models are trained; `given` are its keys in the file.

        A compiled model brings its own optimizer, so the file must not give one: UserError if it does.
        """
        for key in given:
            if explored.compiled and key in NAMES:
                problem = f"is given, but `{self.member.name}` compiles its models with an optimizer."
                raise UserError(f"training.{key}", problem, "Remove one of the two.")
        return training.model_copy(update={"optimizer": None}) if explored.compiled else training

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
        """The model built from the settings, adapted to rows of shape `input` and to the required `output`."""
        return compiled.suited(self._shaped(self._built(settings), input), self._title, output)

    def optimizer(self, settings: Params) -> "keras.optimizers.Optimizer":
        """A new optimizer, the one that the model of these settings is compiled with."""
        model = without_weights(lambda: self._built(settings))
        if not model.compiled or model.optimizer is None:
            raise UserError(self._title, "some of its models are compiled and others are not.", "Compile all or none.")
        made: keras.optimizers.Optimizer = model.optimizer
        return made

    def check(self, settings: Params, input: tuple[int, ...], output: Output) -> None:  # noqa: A002
        """UserError if the model built from these settings does not fit the data and the task; imports Keras."""
        last = f'End with `keras.layers.Dense({output.units}, "{output.activation}")`.'
        self.member.made(lambda: self.model(settings, input, output), output, "It is called as build(hp).", last)

    def trained(self, settings: Params, output: Output) -> Output:
        """The output during training: logits if the model of these settings is compiled for logits."""
        return output.trained if compiled.takes_logits(without_weights(lambda: self._built(settings))) else output

    @property
    def _title(self) -> str:
        """The place that errors name."""
        return f"{FIELD}, `{self.member.name}`"

    def _built(self, settings: Params) -> "keras.Model":
        return exploration.build(self.member.imported(), self._title, settings)

    def _shaped(self, model: "keras.Model", rows: tuple[int, ...]) -> "keras.Model":
        """The model, built for rows of this shape if it has no Input layer; UserError if it cannot take them."""
        import keras

        if not model.built and isinstance(model, keras.Sequential):
            model.build((None, *rows))
        if type(model).train_step is not keras.Model.train_step:
            raise UserError(self._title, "its model defines its own train_step.", "Remove it: it is not called here.")
        if not hasattr(model, "inputs"):
            entry = keras.layers.Input(rows)
            return keras.Model(entry, model(entry))
        taken = [tuple(entry.shape[1:]) for entry in model.inputs]
        if taken != [rows]:
            said = " and ".join(map(str, taken))
            problem = f"its model takes rows of shape {said}, but a row of this data has shape {rows}."
            raise UserError(self._title, problem, f"Leave its Input layer out, or write `Input({rows})`.")
        return model

    def _check_name(self, key: str, taken: Iterable[str]) -> None:
        if key in taken:
            hint = f"Remove it from build() and write `{key}` under [training], or rename it in build()."
            raise UserError(self._title, f"asks for `{key}`, which is a key of [training].", hint)
        plain = NAME.fullmatch(key) and posixpath.normpath(key) == key and not key.startswith(RESERVED)
        if not plain or hasattr(Model, key):
            hint = "Rename it. Allowed: letters, digits, spaces and _ - . /."
            raise UserError(self._title, f"asks for `{key}`, which cannot be a setting's name.", hint)


def _searchable(asked: Asked) -> Searchable:
    match asked.setting:
        case Int():
            return Searchable(int)
        case Float():
            return Searchable(float)
        case Choice(options) if isinstance(options[0], str):
            return Searchable(str, allowed=tuple(map(str, options)))
        case Choice(options):
            return Searchable(type(options[0]))
    return Searchable(type(asked.setting))
