"""Where data comes from: a source reads one table and knows nothing about models.

The file's name is the value of `data.source`. Each file offers

    Settings                        `[data]` with the source's own keys, a subclass of `experiment.Data`
    read(settings) -> Table
    HEAVY                           true where its experiments take long: `EXP=all` leaves them out

and raises UserError at the field that the user can correct.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, final

from pipeline.config.experiment import Data
from pipeline.values.data import TABULAR, Form
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@final
@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table as read, with one row per example; where it was read from; and the form of its rows."""

    frame: "pd.DataFrame"
    source: str
    form: Form = TABULAR


class SourcePart(Protocol):
    """A file of this folder, as `parts.part` returns it."""

    Settings: type[Data]
    HEAVY: bool

    def read(self, settings: Data) -> Table: ...


def committed(name: str) -> Table:
    """A table of the folder `tables/`, which is part of the package."""
    import pandas as pd

    with files("pipeline.sources").joinpath("tables", name).open("rb") as file:
        return Table(pd.read_csv(file), f"pipeline/sources/tables/{name}")


def images(pixels: "np.ndarray", labels: "np.ndarray", target: str, source: str, *, test: int = 0) -> Table:
    """A table of images (rows, height, width) of one byte per pixel, with a column per pixel.

    The last `test` rows are the official test part. A row's shape gets an axis for its one channel, which convolutions
    need.
    """
    import numpy as np
    import pandas as pd

    flat = pixels.reshape(len(pixels), -1)
    frame = pd.DataFrame(flat, columns=[f"pixel{i}" for i in range(flat.shape[1])])
    frame[target] = labels.astype(np.int64)
    return Table(frame, source, Form("image", (*pixels.shape[1:], 1), test))


def existing(given: str) -> Path:
    """The path of an existing file; UserError at `data.path` if it does not exist."""
    path = Path(given)
    if path.is_file():
        return path
    beside = sorted(p.name for p in path.parent.iterdir() if p.is_file()) if path.parent.is_dir() else []
    found = f"{path.parent}/ holds: {', '.join(beside[:8])}." if beside else "Its folder is empty or missing."
    raise UserError("data.path", f"there is no file {given} (the current folder is {Path.cwd()}).", found)
