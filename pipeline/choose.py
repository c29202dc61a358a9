"""A part by its file's name: the names that a folder of parts offers, and the part itself."""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pipeline.errors import UserError, nearest

HOUSE = Path(__file__).parent


@cache
def names(folder: str) -> tuple[str, ...]:
    """The parts in a folder of the house, by name: its files and its packages."""
    found = [
        path.stem
        for path in (HOUSE / folder).iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or (path / "__init__.py").is_file())
    ]
    return tuple(sorted(found))


def part(folder: str, name: str, field: str) -> ModuleType:
    """The part `name` of `folder`; UserError at `field` where there is none of that name."""
    if name not in names(folder):
        raise UserError(field, f"`{name}` is unknown.", nearest(name, names(folder)))
    return import_module(f"pipeline.{folder}.{name}")
