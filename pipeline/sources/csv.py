"""A user's own CSV file."""

from typing import Final, Literal, final

from pydantic import Field

from pipeline.config.experiment import Data
from pipeline.sources import Table, existing
from pipeline.values.errors import UserError

HEAVY: Final = False


@final
class Settings(Data):
    """`[data]` with `source = "csv"`."""

    source: Literal["csv"]
    path: str = Field(description="the file, relative to the folder in which the command runs")
    separator: str = Field(",", min_length=1)


def read(settings: Settings) -> Table:
    """The file's table; UserError if the file is missing or is not CSV."""
    import pandas as pd

    path = existing(settings.path)
    try:
        return Table(pd.read_csv(path, sep=settings.separator), settings.path)
    except (ValueError, UnicodeDecodeError) as error:
        raise UserError("data.path", f"{settings.path} cannot be read as CSV: {error}.", "Correct the file.") from None
