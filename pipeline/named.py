"""What `python:module.name` names: a function or a class in a module of one's own, read first and imported later."""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.blueprint import Output, without_weights
from pipeline.errors import UserError, nearest, one_line

if TYPE_CHECKING:
    import keras

PREFIX: Final = "python:"
FIELD: Final = "model.family"


def named(name: str, file: str) -> "Named":
    """What `name` names in a module beside `file`, or among what can be imported; UserError where there is none.

    The module is read here, not run: it may import Keras, whose backend is chosen later.
    """
    dotted = name.removeprefix(PREFIX)
    module, _, member = dotted.rpartition(".")
    if not module or not all(part.isidentifier() for part in dotted.split(".")):
        mend = "Write `python:module.function`, for a function in module.py beside this file."
        raise UserError(FIELD, f"`{name}` names no function.", mend)
    found = Named(name, module, member, _found(name, module, Path(file).parent))
    found.check()
    return found


@final
@dataclass(frozen=True, slots=True)
class Named:
    """A member of a module, by its name in the file."""

    name: str
    module: str
    member: str
    path: Path | None
    """Where the module lies, as far as it is known."""

    @property
    def code(self) -> str:
        """The text of the module, which decides what its models are; empty where it has no file."""
        return self.path.read_text("utf-8") if self.path is not None else ""

    @property
    def is_hypermodel(self) -> bool:
        """Whether the module's text says that this is for KerasTuner: a subclass of a HyperModel, or `function(hp)`."""
        return self.path is not None and self.member in _hypermodels(ast.parse(self.code))

    def check(self) -> None:
        """UserError where the module's text has no such member, or is no Python."""
        if self.path is None:
            return
        try:
            names = _names(ast.parse(self.code))
        except (SyntaxError, UnicodeDecodeError, ValueError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise UserError(FIELD, f"{self.path}{line} is no Python: {error}.", "Mend that line.") from None
        if self.member not in names and "*" not in names:
            problem = f"{self.path} has no function `{self.member}`."
            raise UserError(FIELD, problem, nearest(self.member, sorted(names)))

    def imported(self) -> Any:
        """The member itself; runs the module, and whatever that raises comes through."""
        return getattr(self._module(), self.member)

    def failed(self, error: Exception, mend: str) -> UserError:
        """What to say of an exception that came out of the module: its line there, and the mend."""
        line = _line(error, self.path)
        place = f" (line {line} of {self.path})" if line else ""
        return UserError(FIELD, f"`{self.name}` fails{place}: {one_line(error)}.", mend)

    def made(self, make: "Callable[[], keras.Model]", output: Output, called: str, last: str) -> None:
        """UserError where `make` makes no model that ends as `output` says; imports Keras.

        `called` says how the member is called, `last` which layer to end with.
        """
        import keras

        try:
            model = without_weights(make)
        except UserError:
            raise
        except Exception as error:
            raise self.failed(error, called) from error
        if not isinstance(model, keras.Model):
            raise UserError(FIELD, f"`{self.name}` gives {type(model).__name__}, no keras.Model.", "Return the model.")
        if not model.built:
            problem = f"the model of `{self.name}` has no shapes before its first call."
            raise UserError(FIELD, problem, "Begin with `keras.layers.Input(input)`.")
        if tuple(model.output_shape) != (None, output.units):
            problem = f"the model of `{self.name}` gives {model.output_shape}, where (None, {output.units}) is needed."
            raise UserError(FIELD, problem, last)

    def _module(self) -> ModuleType:
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


def _hypermodels(tree: ast.Module) -> set[str]:
    """A module's classes that derive from one called …HyperModel, instances of them, and functions of one `hp`."""
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(args=ast.arguments(args=[ast.arg(arg="hp")])):
                found.add(node.name)
            case ast.ClassDef():
                bases = [ast.unparse(base) for base in node.bases]
                if any(base.endswith("HyperModel") or base in found for base in bases):
                    found.add(node.name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=kind)) if ast.unparse(kind) in found:
                found.add(name)
    return found


def _line(error: BaseException, path: Path | None) -> int | None:
    """The last line of a file that an error came through."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if path is not None and Path(trace.tb_frame.f_code.co_filename).absolute() == path.absolute():
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
