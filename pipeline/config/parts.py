"""Finds a part (a source, a search, an engine, …) by the name of its file.

Parts are imported by name while the program runs. Only this module imports from packages on higher levels.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from pipeline.values.errors import UserError, nearest

if TYPE_CHECKING:
    from pipeline.commands import Command
    from pipeline.engines import EnginePart
    from pipeline.models import Family, FamilyFile
    from pipeline.searches import SearchPart
    from pipeline.sources import SourcePart
    from pipeline.trackers import TrackerPart
    from pipeline.transforms import TransformPart

HOUSE: Final = Path(__file__).parent.parent
FIELD: Final = "model.family"
PREFIX: Final = "python:"
"""The beginning of `model.family` for a user's own model family, which is no file of `models/`."""
NO_PARTS: Final = frozenset({"models/python"})
"""Packages in a folder of parts that are not parts themselves."""


@cache
def names(folder: str) -> tuple[str, ...]:
    """The sorted names of the parts in a folder of this package: its modules and its packages."""
    found = [
        path.stem
        for path in (HOUSE / folder).iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or (path / "__init__.py").is_file())
    ]
    return tuple(sorted(name for name in found if f"{folder}/{name}" not in NO_PARTS))


def part(folder: str, name: str, field: str) -> ModuleType:
    """The module of the part `name` in `folder`; UserError at `field` if there is no part of that name."""
    if name not in names(folder):
        raise UserError(field, f"`{name}` is unknown.", nearest(name, names(folder)))
    return import_module(f"pipeline.{folder}.{name}")


def command(name: str) -> "Command":
    """The command of that name."""
    return cast("Command", part("commands", name, "command"))


def source(name: str) -> "SourcePart":
    """The source that `data.source` names."""
    return cast("SourcePart", part("sources", name, "data.source"))


def transform(kind: str) -> "TransformPart":
    """The transform of a source's kind of rows."""
    return cast("TransformPart", part("transforms", kind, "data.source"))


def family(name: str, file: str) -> "Family":
    """The model family that `model.family` of an experiment's file names."""
    return cast("Family", import_module("pipeline.models").family(name, file))


def family_file(name: str) -> "FamilyFile":
    """The file of `models/` of that name."""
    return cast("FamilyFile", part("models", name, FIELD))


def search(name: str, field: str = "search.library") -> "SearchPart":
    """The file of `searches/` that serves a library or a sampler."""
    return cast("SearchPart", part("searches", name, field))


def engine(name: str) -> "EnginePart":
    """The engine that `training.engine` names."""
    return cast("EnginePart", part("engines", name, "training.engine"))


def tracker(name: str = "") -> "TrackerPart":
    """The tracker of that name; without a name the one that commands use."""
    return cast("TrackerPart", part("trackers", name or import_module("pipeline.trackers").CONFIGURED, "tracker"))
