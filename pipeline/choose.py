"""Finds a part (a source, a search, an engine, …) by the name of its file."""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pipeline.errors import UserError, nearest

HOUSE = Path(__file__).parent


@cache
def names(folder: str) -> tuple[str, ...]:
    """The sorted names of the parts in a folder of this package: its modules and its packages."""
    found = [
        path.stem
        for path in (HOUSE / folder).iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or (path / "__init__.py").is_file())
    ]
    return tuple(sorted(found))


def part(folder: str, name: str, field: str) -> ModuleType:
    """The module of the part `name` in `folder`; UserError at `field` if there is no part of that name."""
    if name not in names(folder):
        raise UserError(field, f"`{name}` is unknown.", nearest(name, names(folder)))
    return import_module(f"pipeline.{folder}.{name}")
