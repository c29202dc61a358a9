"""The 891 passengers of the Titanic whose fate is known; committed with the package."""

from typing import Final, Literal, final

from pipeline.config.experiment import Data
from pipeline.sources import Table, committed

HEAVY: Final = False


@final
class Settings(Data):
    """`[data]` with `source = "titanic"`."""

    source: Literal["titanic"]
    target: str = "Survived"


def read(settings: Settings) -> Table:  # noqa: ARG001
    """The table, including its missing values."""
    return committed("titanic.csv")
