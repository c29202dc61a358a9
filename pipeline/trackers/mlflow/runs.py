"""Finds runs by their tags, and reads their values as MLflow stores them."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipeline.values.trial import Confirms

KIND = "kind"
SEARCH = "search"
TRIAL = "trial"
FOLD = "fold"
"""The tag counts folds from 1."""
FOLDS = "folds"
OBJECTIVE = "objective"
END = "end"
PARENT = "mlflow.parentRunId"
INTERRUPTED = "interrupted"

CONFIRMATION = "confirmation"
"""The kind of a run that confirms a trial after the search; `trial` is then the number of the confirmed trial."""
TRIALS_ONLY = f"tags.{KIND} = 'trial'"
"""The filter for the search's own trials."""

PAGE = 1000


def search_run(client: Any, search: str, experiments: Sequence[str]) -> Any | None:
    """The parent run of a search, or None."""
    if "'" in search:  # no identity contains a quote, and a quote would end the text in the filter
        return None
    found = client.search_runs(experiments, f"tags.{SEARCH} = '{search}' and tags.{KIND} = 'search'", max_results=1)
    return found[0] if found else None


def child_runs(client: Any, parent: Any, narrower: str = "") -> Iterator[Any]:
    """The child runs of a parent run, confirmations too; with the filter `narrower`, only those that match it."""
    query = f"tags.`{PARENT}` = '{parent.info.run_id}'" + (f" and {narrower}" if narrower else "")
    token = None
    while True:
        page = client.search_runs([parent.info.experiment_id], query, max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def number(run: Any) -> int:
    """The number of a child run's training: that of its trial, or the negative one of its confirmation."""
    tags = run.data.tags
    if tags[KIND] != CONFIRMATION:
        return int(tags[TRIAL])
    return Confirms(int(tags[TRIAL]), int(tags[FOLD]) - 1, int(tags[FOLDS])).number


def stored(value: float) -> float:
    """The number that was logged, given the `value` that MLflow reads back: its databases cannot store infinity."""
    return math.copysign(math.inf, value) if abs(value) >= sys.float_info.max else value


def histories(client: Any, keys: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Any]]:
    """Every logged value of each run's metrics `keys`, as pairs of run id and MLflow metric."""
    store = client._tracking_client.store  # noqa: SLF001  # the client offers no bulk read; databases' stores do
    if hasattr(store, "get_metric_history_bulk"):
        yield from _in_bulk(store, keys)
        return
    pairs = [(run, key) for run, names in keys.items() for key in names]
    with ThreadPoolExecutor(8) as pool:
        for (run, _), history in zip(pairs, pool.map(lambda p: client.get_metric_history(*p), pairs), strict=True):
            for metric in history:
                yield run, metric


def _in_bulk(store: Any, keys: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Any]]:
    runs = list(keys)
    for key in sorted({name for names in keys.values() for name in names}):
        for first in range(0, len(runs), PAGE):
            for found in store.get_metric_history_bulk(runs[first : first + PAGE], key, max_results=None):
                yield found.run_id, found
