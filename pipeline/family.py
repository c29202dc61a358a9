"""A model family by its name: a file of `models/`, or `python:module.function`, a function of one's own."""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Final, cast, final

from pydantic import create_model
from pydantic_core import PydanticCustomError

from pipeline import choose
from pipeline.blank import blank
from pipeline.data import Output
from pipeline.errors import UserError, nearest, one_line
from pipeline.experiment import NOT_SETTINGS, EarlyStopping, Model, Training
from pipeline.searchable import Searchable
from pipeline.space import Choice, Float, Int, Params

if TYPE_CHECKING:
    import keras

    from pipeline.models import ModelPart

PREFIX: Final = "python:"
FIELD: Final = "model.family"


def family(name: str, file: str) -> "ModelPart | Own":
    """The family that a file names; UserError at `model.family` where there is none.

    A module of one's own is looked for beside the file, then among what can be imported. It is read here, not run: it
    may import Keras, whose backend is chosen later.
    """
    if not name.startswith(PREFIX):
        return cast("ModelPart", choose.part("models", name, FIELD))
    dotted = name.removeprefix(PREFIX)
    module, _, function = dotted.rpartition(".")
    if not module or not all(part.isidentifier() for part in dotted.split(".")):
        mend = "Write `python:module.function`, for a function in module.py beside this file."
        raise UserError(FIELD, f"`{name}` names no function.", mend)
    found = Own(name, module, function, _found(name, module, Path(file).parent))
    found.check()
    return found


@final
@dataclass(frozen=True, slots=True)
class Own:
    """A family of one's own: a function that is called as a family's `model` is; its settings are the file's."""

    name: str
    module: str
    function: str
    path: Path | None
    """Where the module lies, as far as it is known."""

    @property
    def code(self) -> str:
        """The text of the module, which decides what its models are; empty where it has no file."""
        return self.path.read_text("utf-8") if self.path is not None else ""

    def settings(self, raw: Mapping[str, Any]) -> type[Model]:
        """`[model]` with the keys that a file gives it, each a value, a range or choices of one kind.

        What `[baseline]` leaves out is the middle of its range, or the first of its choices.
        """
        taken = {*Training.model_fields, *EarlyStopping.model_fields, *NOT_SETTINGS} - {"family"}
        fields: dict[str, Any] = {"family": (str, ...)}
        for key, given in raw.items():
            if key == "family":
                continue
            if not (key.isidentifier() and key.islower()) or key in taken or hasattr(Model, key):
                reason = "is a name of [training]" if key in taken else "cannot be a setting's name"
                raise UserError(f"model.{key}", f"{reason}.", "Give the model's setting another one, in small letters.")
            fields[key] = (Annotated[Any, Searchable(_kind(key, given))], _middle(given))
        made: type[Model] = create_model("Settings", __base__=Model, __module__=__name__, **fields)
        return made

    def check(self) -> None:
        """UserError where the module's text has no such function, or is no Python."""
        if self.path is None:
            return
        try:
            names = _names(ast.parse(self.code))
        except (SyntaxError, UnicodeDecodeError, ValueError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise UserError(FIELD, f"{self.path}{line} is no Python: {error}.", "Mend that line.") from None
        if self.function not in names and "*" not in names:
            problem = f"{self.path} has no function `{self.function}`."
            raise UserError(FIELD, problem, nearest(self.function, sorted(names)))

    def model(self, settings: Params, input: tuple[int, ...], output: Output) -> "keras.Model":  # noqa: A002
        """What the function makes; whatever it raises comes through."""
        made: keras.Model = getattr(self._imported(), self.function)(settings, input, output)
        return made

    def made(self, settings: Params, input: tuple[int, ...], output: Output) -> None:  # noqa: A002
        """UserError where the function does not make a model of these settings that fits the data; imports Keras."""
        import keras

        try:
            model = blank(lambda: self.model(settings, input, output))
        except Exception as error:
            place = f" (line {_line(error, self.path)} of {self.path})" if _line(error, self.path) else ""
            mend = "It is called as function(settings, input, output), with input the shape of a row."
            raise UserError(FIELD, f"`{self.name}` fails{place}: {one_line(error)}.", mend) from error
        if not isinstance(model, keras.Model):
            raise UserError(FIELD, f"`{self.name}` gives {type(model).__name__}, no keras.Model.", "Return the model.")
        if not model.built:
            problem = f"the model of `{self.name}` has no shapes before its first call."
            raise UserError(FIELD, problem, "Begin with `keras.layers.Input(input)`.")
        if tuple(model.output_shape) != (None, output.units):
            problem = f"the model of `{self.name}` gives {model.output_shape}, where (None, {output.units}) is needed."
            raise UserError(FIELD, problem, "End with `keras.layers.Dense(output.units, output.activation)`.")

    def _imported(self) -> ModuleType:
        if self.path is None:
            return importlib.import_module(self.module)
        name = f"_own_{self.path.resolve()}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            assert spec is not None, "a .py file has one"  # noqa: S101
            assert spec.loader is not None, "and it can be loaded"  # noqa: S101
            sys.modules[name] = importlib.util.module_from_spec(spec)
            beside = str(self.path.resolve().parents[self.module.count(".")])
            if beside not in sys.path:
                sys.path.append(beside)  # what lies there may import its neighbours
            try:
                spec.loader.exec_module(sys.modules[name])
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]


def _found(name: str, module: str, folder: Path) -> Path | None:
    """The module's file; None where it can be imported but has none. UserError where there is no such module."""
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    if path.is_file():
        return path
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # noqa: BLE001  of a package's `__init__`, which is run for it
        spec = None
    if spec is None:
        beside = nearest(module, sorted(p.stem for p in folder.glob("*.py")))
        mend = beside or f"Write {path}, or install the module."
        raise UserError(FIELD, f"`{name}`: there is no module `{module}`, neither as {path} nor to import.", mend)
    return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None


def _names(tree: ast.Module) -> set[str]:
    """The names that a module's text binds at its top; `*` where it binds all of another's."""
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Import() | ast.ImportFrom():
                found |= {alias.asname or alias.name for alias in node.names}
            case ast.Assign():
                found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.If() | ast.Try():
                found.add("*")
    return found


def _kind(key: str, given: Any) -> type:
    """The one kind of what stands in a value, a range or choices."""
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
        mend = "Write a number, a text or true or false; a range `{ low = …, high = … }`; or choices `[…, …]`."
        raise UserError(f"model.{key}", f"is {given!r}, which is no value, range or choices of one kind.", mend)
    return kinds.pop()


def _middle(given: Any) -> Any:
    """What a setting is where nothing says otherwise; None where `given` is wrong, which is said elsewhere."""
    try:
        read = Searchable(_kind("", given)).read(given)
    except (PydanticCustomError, UserError):
        return None
    if isinstance(read, Choice):
        return read.options[0]
    return read.at(0.5) if isinstance(read, Int | Float) else read


def _line(error: BaseException, path: Path | None) -> int | None:
    """The last line of a file that an error came through."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if path is not None and trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
