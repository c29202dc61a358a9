"""What `python:module.name` names: a function or a class in a user's own module, parsed first and imported later."""

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, final

from pipeline.config.parts import FIELD, PREFIX
from pipeline.values.blueprint import Output, without_weights
from pipeline.values.errors import UserError, nearest, one_line

if TYPE_CHECKING:
    import keras


def member(name: str, file: str) -> "ModuleMember":
    """What `name` names in a module beside `file`, or in one that can be imported; UserError if there is none.

    The module is only parsed here, not run: it may import Keras, whose backend is chosen later.
    """
    dotted = name.removeprefix(PREFIX)
    module, _, attribute = dotted.rpartition(".")
    if not module or not all(part.isidentifier() for part in dotted.split(".")):
        hint = "Write `python:module.function`, for a function in module.py beside this file."
        raise UserError(FIELD, f"`{name}` does not name a function in a module.", hint)
    found = ModuleMember(name, module, attribute, _found(name, module, Path(file).parent))
    found.check()
    return found


@final
@dataclass(frozen=True, slots=True)
class ModuleMember:
    """A member of a module, by its name in the file."""

    name: str
    module: str
    attribute: str
    path: Path | None
    """The module's file; None if it has none."""

    @property
    def code(self) -> str:
        """The source text of the module, which determines its models; empty if it has no file."""
        return self.path.read_text("utf-8") if self.path is not None else ""

    @property
    def is_hypermodel(self) -> bool:
        """Whether the member is for KerasTuner, by the module's text: a subclass of a HyperModel, or `function(hp)`."""
        return self.path is not None and self.attribute in _hypermodels(ast.parse(self.code))

    def check(self) -> None:
        """UserError if the module's text has no such member, or is not valid Python."""
        if self.path is None:
            return
        try:
            names = _names(ast.parse(self.code))
        except (SyntaxError, UnicodeDecodeError, ValueError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise UserError(FIELD, f"{self.path}{line} is not valid Python: {error}.", "Correct that line.") from None
        if self.attribute not in names and "*" not in names:
            problem = f"{self.path} has no function `{self.attribute}`."
            raise UserError(FIELD, problem, nearest(self.attribute, sorted(names)))

    def imported(self) -> Any:
        """The member itself; this runs the module, and its exceptions are not caught."""
        return getattr(self._module(), self.attribute)

    def failed(self, error: Exception, hint: str) -> UserError:
        """The UserError for an exception from the module: with its line there, and a hint."""
        line = _line(error, self.path)
        place = f" (line {line} of {self.path})" if line else ""
        return UserError(FIELD, f"`{self.name}` fails{place}: {one_line(error)}.", hint)

    def made(self, make: "Callable[[], keras.Model]", output: Output, called: str, last: str) -> None:
        """UserError if `make` does not make a model whose output has the shape of `output`; imports Keras.

        `called` and `last` are hints: how the member is called, and which layer the model should end with.
        """
        import keras

        try:
            model = without_weights(make)
        except UserError:
            raise
        except Exception as error:
            raise self.failed(error, called) from error
        if not isinstance(model, keras.Model):
            raise UserError(
                FIELD, f"`{self.name}` returns {type(model).__name__}, not a keras.Model.", "Return the model."
            )
        if not model.built:
            problem = f"the model of `{self.name}` has no shapes before its first call."
            raise UserError(FIELD, problem, "Begin with `keras.layers.Input(input)`.")
        if tuple(model.output_shape) != (None, output.units):
            problem = f"the model of `{self.name}` has output shape {model.output_shape}, not (None, {output.units})."
            raise UserError(FIELD, problem, last)

    def _module(self) -> ModuleType:
        if self.path is None:
            return importlib.import_module(self.module)
        name = f"_own_{self.path.resolve()}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            assert spec is not None, "a .py file has a spec"  # noqa: S101
            assert spec.loader is not None, "a .py file has a loader"  # noqa: S101
            sys.modules[name] = importlib.util.module_from_spec(spec)
            beside = str(self.path.resolve().parents[self.module.count(".")])
            if beside not in sys.path:
                sys.path.append(beside)  # modules in this folder may import each other
            try:
                spec.loader.exec_module(sys.modules[name])
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]


def _found(name: str, module: str, folder: Path) -> Path | None:
    """The module's file; None if it can be imported but has no file. UserError if there is no such module."""
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    if path.is_file():
        return path
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # noqa: BLE001  from a package's `__init__`, which find_spec runs
        spec = None
    if spec is None:
        beside = nearest(module, sorted(p.stem for p in folder.glob("*.py")))
        hint = beside or f"Create {path}, or install the module."
        raise UserError(FIELD, f"`{name}`: there is no module `{module}`: no file {path}, and no such import.", hint)
    return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None


def _names(tree: ast.Module) -> set[str]:
    """The names that a module's text defines at its top level; `*` if it may define others that cannot be seen."""
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
    """A module's classes derived from one called …HyperModel, their instances, and functions with one argument `hp`."""
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
    """The line of the file `path` in an error's traceback, the innermost one; None if there is none."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if path is not None and Path(trace.tb_frame.f_code.co_filename).absolute() == path.absolute():
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
