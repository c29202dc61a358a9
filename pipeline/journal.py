"""A search's own journal: every outcome as a line of JSON, equal in every bit when read back."""

from functools import cache
from pathlib import Path
from typing import Any, final

from pipeline.cache import whole_lines
from pipeline.trial import Outcome


@final
class Journal:
    """The outcomes of a search in the order in which they came, in an append-only file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, outcome: Outcome) -> None:
        """Write an outcome; it is in the file, whole, when this returns, whatever becomes of the process then."""
        with self._path.open("ab", buffering=0) as file:
            file.write(_adapter().dump_json((outcome,)) + b"\n")

    def read(self) -> list[Outcome]:
        """The outcomes so far; a line that a kill cut short is cut away, so that the next one begins afresh."""
        return [_adapter().validate_json(line)[0] for line in whole_lines(self._path)]


@cache
def _adapter() -> Any:
    from pydantic import ConfigDict, TypeAdapter

    # the configuration reaches a dataclass only through something that holds it
    return TypeAdapter(tuple[Outcome], config=ConfigDict(ser_json_inf_nan="constants"))
