"""A search's journal: each outcome as a line of JSON, identical bit for bit when it is read back."""

from functools import cache
from pathlib import Path
from typing import Any, final

from pipeline.config.paths import whole_lines
from pipeline.values.trial import Outcome


@final
class Journal:
    """The outcomes of a search in the order in which they came, in an append-only file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, outcome: Outcome) -> None:
        """Write an outcome. Once this returns, the file has all of it, even if the process is killed right after."""
        with self._path.open("ab", buffering=0) as file:
            file.write(_adapter().dump_json((outcome,)) + b"\n")

    def read(self) -> list[Outcome]:
        """The outcomes so far; a last line that a kill left incomplete is removed, so the next one starts clean."""
        return [_adapter().validate_json(line)[0] for line in whole_lines(self._path)]


@cache
def _adapter() -> Any:
    from pydantic import ConfigDict, TypeAdapter

    # pydantic applies the configuration to a dataclass only inside another type
    return TypeAdapter(tuple[Outcome], config=ConfigDict(ser_json_inf_nan="constants"))
