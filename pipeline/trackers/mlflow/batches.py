"""Sends metrics, params and tags to a run, in batches of the size that MLflow accepts."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

METRICS = 800
OTHERS = 100
"""A batch holds at most 1000 metrics, 100 params and 100 tags, and 1000 of all together."""

TEXT = 8000
"""A tag's longest value."""

Point: TypeAlias = tuple[str, float, int, int]
"""A metric's name, value, time in milliseconds and step."""


def log(
    client: Any,
    run: str,
    points: Sequence[Point] = (),
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Add metrics, params and tags to a run; what the run holds already is not added a second time."""
    from mlflow.entities import Metric, Param, RunTag

    metrics = [Metric(*point) for point in points]
    batches = zip_longest(
        _cut(metrics, METRICS),
        _cut([Param(name, value) for name, value in (params or {}).items()], OTHERS),
        _cut([RunTag(name, value[:TEXT]) for name, value in (tags or {}).items()], OTHERS),
        fillvalue=(),
    )
    for some_metrics, some_params, some_tags in batches:
        client.log_batch(run, metrics=some_metrics, params=some_params, tags=some_tags)


def _cut(items: list[Any], size: int) -> list[list[Any]]:
    return [items[first : first + size] for first in range(0, len(items), size)]
