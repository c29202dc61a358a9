"""The 891 passengers of the Titanic whose fate is known; committed with the package."""

from importlib.resources import files
from typing import Literal, final

from pipeline.experiment import Data
from pipeline.sources import Table


@final
class Settings(Data):
    """`[data]` with `source = "titanic"`."""

    source: Literal["titanic"]
    target: str = "Survived"


def read(settings: Settings) -> Table:  # noqa: ARG001
    """The table, with its gaps."""
    import pandas as pd

    with files("pipeline.sources").joinpath("tables/titanic.csv").open("rb") as file:
        return Table(pd.read_csv(file), "pipeline/sources/tables/titanic.csv")
