"""A user's own Parquet file."""

from typing import Final, Literal, final

from pydantic import Field

from pipeline.config.experiment import Data
from pipeline.sources import Table, existing
from pipeline.values.errors import UserError

HEAVY: Final = False


@final
class Settings(Data):
    """`[data]` with `source = "parquet"`."""

    source: Literal["parquet"]
    path: str = Field(description="the file, relative to the folder in which the command runs")


def read(settings: Settings) -> Table:
    """The file's table; UserError if the file is missing or is not Parquet."""
    import pandas as pd

    path = existing(settings.path)
    try:
        return Table(pd.read_parquet(path), settings.path)
    except (ValueError, OSError) as error:
        raise UserError(
            "data.path", f"{settings.path} cannot be read as Parquet: {error}.", "Correct the file."
        ) from None
