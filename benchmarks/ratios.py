"""The test losses of several models on several tables, compared: ratios, optimism and ranks.

A search is a dictionary as the worker `trust` describes it. `tables` holds the searches of each table, one for each
split. Losses are averaged over a table's splits. A ratio of losses is given as 100 ln(one / other): close to the
difference in percent.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Searches: TypeAlias = Sequence[Mapping[str, Any]]


def models(tables: Mapping[str, Searches]) -> list[str]:
    """The models that every search has a test loss of."""
    every = [search["losses"].keys() for searches in tables.values() for search in searches]
    return [name for name in every[0] if all(name in names for names in every)]


def loss(searches: Searches, model: str) -> float:
    """A model's mean test loss."""
    return statistics.mean(float(search["losses"][model]) for search in searches)


def ratio(searches: Searches, one: str, other: str) -> float:
    """100 ln(mean test loss of one model / mean test loss of another); negative: `one` is better.

    The means are over the splits: the loss of a good model on a few dozen rows depends on one or two of them, and may
    be 0, so a ratio of single losses says little.
    """
    return _percent(loss(searches, one), loss(searches, other))


def optimism(searches: Searches, model: str, promised: str) -> float:
    """100 ln(mean test loss of a model / mean loss that the searches `promised`); positive: they promised too much.

    `promised` is "seen", "confirmed" or "out_of_fold"; the means are over the splits.
    """
    return _percent(loss(searches, model), statistics.mean(float(s[promised]) for s in searches))


def ranks(tables: Mapping[str, Searches]) -> dict[str, float]:
    """Each model's mean rank among all by test loss; 1 is best, equal losses share the mean of their ranks."""
    from scipy.stats import rankdata

    names = models(tables)
    by_table = []
    for searches in tables.values():
        ranked = [rankdata([search["losses"][name] for name in names]).tolist() for search in searches]
        by_table.append([statistics.mean(of) for of in zip(*ranked, strict=True)])
    return {name: statistics.mean(of) for name, of in zip(names, zip(*by_table, strict=True), strict=True)}


def _percent(one: float, other: float) -> float:
    return 100 * math.log(one / other)
