"""The hourly wages of 534 American workers in 1985; committed with the package."""

from typing import Final, Literal, final

from pipeline.config.experiment import Data
from pipeline.sources import Table, committed

HEAVY: Final = False


@final
class Settings(Data):
    """`[data]` with `source = "wages"`."""

    source: Literal["wages"]
    target: str = "wage_per_hour"


def read(settings: Settings) -> Table:  # noqa: ARG001
    """The table, in dollars and years."""
    return committed("hourly_wages.csv")
