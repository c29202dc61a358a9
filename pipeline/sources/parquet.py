"""A Parquet file of one's own."""

from typing import Final, Literal, final

from pydantic import Field

from pipeline.errors import UserError
from pipeline.experiment import Data
from pipeline.sources import Table, existing

HEAVY: Final = False


@final
class Settings(Data):
    """`[data]` with `source = "parquet"`."""

    source: Literal["parquet"]
    path: str = Field(description="the file, relative to the folder that the command is typed in")


def read(settings: Settings) -> Table:
    """The file's table; UserError where it is missing or no Parquet."""
    import pandas as pd

    path = existing(settings.path)
    try:
        return Table(pd.read_parquet(path), settings.path)
    except (ValueError, OSError) as error:
        raise UserError("data.path", f"{settings.path} cannot be read as Parquet: {error}.", "Mend the file.") from None
