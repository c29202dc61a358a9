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
    many: int
    """scale: trials of the search that is compared with one of `few`."""
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


FULL: Final = Sizes(
    configurations=64,
    epochs=100,
    rounds=3,
    commands=(24, 100, 1000),
    compared=24,
    steady=15,
    edge=1024,
    trials=1000,
    few=100,
    short=5,
    many=10_000,
    seeds=5,
    seconds=45.0,
    fresh=5,
    copies=100,
    images=2560,
    large=2,
    tables=16,
    splits=3,
    searched=48,
    noise=20,
)
SMALL: Final = Sizes(
    configurations=4,
    epochs=3,
    rounds=2,
    commands=(2, 4),
    compared=2,
    steady=3,
    edge=256,
    trials=40,
    few=10,
    short=2,
    many=20,
    seeds=2,
    seconds=15.0,
    fresh=2,
    copies=5,
    images=128,
    large=2,
    tables=2,
    splits=1,
    searched=4,
    noise=1,
)
