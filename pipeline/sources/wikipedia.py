"""Counts of what 8,587 articles of the English Wikipedia contained in March 2006; committed with the package."""

from typing import Final, Literal, final

from pipeline.config.experiment import Data
from pipeline.sources import Table, committed

HEAVY: Final = False


@final
class Settings(Data):
    """`[data]` with `source = "wikipedia"`; `interlanguage_links_all` and `…_excl_ru` together reveal `has_ru`."""

    source: Literal["wikipedia"]


def read(settings: Settings) -> Table:  # noqa: ARG001
    """The table: a title and counts."""
    return committed("wikipedia_pages.csv")
