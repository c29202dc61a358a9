"""How much is measured: everything, or just enough to see that everything works."""

from dataclasses import dataclass
from typing import Final, final


@final
@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of all sections."""

    configurations: int
    """titanic: the number of configurations, each trained for up to `epochs`."""
    epochs: int
    rounds: int
    """The number of times that quick things are measured."""
    commands: tuple[int, ...]
    """command: trials of the commands; KerasTuner's loop trains `compared`."""
    compared: int
    steady: int
    """steady, arithmetic: epochs of a block; `rounds` blocks are timed after a first one that is not."""
    edge: int
    """arithmetic: rows and columns of the matrix product."""
    trials: int
    """memory: trials of the search, each of `short` epochs; the first and the last `few` are compared."""
    few: int
    short: int
    seeds: int
    """quality: the number of searches of each kind, for `seconds` each; winners are confirmed with `fresh` seeds."""
    seconds: float
    fresh: int
    copies: int
    """large: how often the rows of the Titanic are repeated; the CNN trains on `images`; both for `large` epochs."""
    images: int
    large: int
    tables: int
    """trust: the number of tables, of splits of each, of trials of a search, and of searches on pure noise."""
    splits: int
    searched: int
    noise: int


FULL: Final = Sizes(64, 100, 3, (24, 100, 1000), 24, 15, 1024, 1000, 100, 5, 5, 45.0, 5, 100, 2560, 2, 16, 3, 48, 20)
SMALL: Final = Sizes(4, 3, 2, (2, 4), 2, 3, 256, 40, 10, 2, 2, 15.0, 2, 5, 128, 2, 2, 1, 4, 1)
