"""Where data comes from: a source reads one table and knows nothing of models.

The file's name is the value of `data.source`. Each file offers

    Settings                        `[data]` with the source's own keys, a subclass of `experiment.Data`
    read(settings) -> Table

and raises UserError at the field that a person can mend.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, final

from pipeline.errors import UserError
from pipeline.experiment import Data

if TYPE_CHECKING:
    import pandas as pd


@final
@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table as read, one row an example, and where it was read from."""

    frame: "pd.DataFrame"
    source: str


class SourcePart(Protocol):
    """A file of this folder, as `choose` hands it out."""

    Settings: type[Data]

    def read(self, settings: Data) -> Table: ...


def existing(given: str) -> Path:
    """The path of a file that is there; UserError at `data.path` where it is not."""
    path = Path(given)
    if path.is_file():
        return path
    beside = sorted(p.name for p in path.parent.iterdir() if p.is_file()) if path.parent.is_dir() else []
    found = f"{path.parent}/ holds: {', '.join(beside[:8])}." if beside else "Its folder is empty or missing."
    raise UserError("data.path", f"there is no file {given} (looked for from {Path.cwd()}).", found)
