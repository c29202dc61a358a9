"""The tracker `mlflow`: each search is a parent run, each trial and each confirmation a run nested in it.

A search appends its events to a spool under `folder/spool/` and never waits for MLflow: a separate process delivers
them. Events that could not be delivered stay in the spool, and `deliver` delivers them later.

Recording: `tracker` writes `spool`, a file of lines in the form of `encoding`, and starts the process `writer`. There,
`relay` reads the lines and `delivery` sends them: `trial_runs` and `trial_end` for trials, written by `sqlite_runs` to
a local database and `run_store` to any other store; `batches` for metrics, `registry` and `promotion` for the champion,
`dataset` for the data, `ui_view` for the UI. `retry` repeats calls that fail, `sync` delivers what is left.
Reading back: `archive`, `versions` and `loaded_champion`, with `runs` for the queries. Around them: `store` and
`database` (where MLflow keeps its data), `server` and `links` (the UI and its addresses), `comparison` (pages of
`make compare`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.trackers import Account, Browser, ComparisonPage, Links, Tracker

if TYPE_CHECKING:
    from pipeline.trackers.mlflow.archive import MlflowArchive

TITLE: Final = "MLflow"
WAIT: Final = 20.0
"""Seconds that `close` and `deliver` wait for a store that does not answer."""


def create(folder: Path) -> Tracker:
    """A tracker that delivers to MLFLOW_TRACKING_URI, by default a database in `folder`."""
    from pipeline.trackers.mlflow.tracker import MlflowTracker

    return MlflowTracker(folder, WAIT)


def open_archive(folder: Path) -> "MlflowArchive":
    """Reads the store that `create` delivers to."""
    from pipeline.trackers.mlflow.archive import MlflowArchive

    return MlflowArchive(folder)


def attach(folder: Path, comparison: ComparisonPage) -> Links:
    """The address of the run that holds the comparison's files."""
    from pipeline.trackers.mlflow import comparison as runs

    return runs.attach(folder, comparison)


def deliver(folder: Path) -> Sequence[Account]:
    """An account for each search of the folder that owed events; they are delivered now, as far as possible."""
    from pipeline.trackers.mlflow.sync import deliver_rest

    return deliver_rest(folder, WAIT)


@contextmanager
def browse(folder: Path, log: Path, port: int | None) -> Iterator[Browser]:
    """MLflow's own pages: those of the tracking server if the store is one, else of a server run inside the context."""
    from pipeline.trackers.mlflow import server, store

    address = store.server(folder)
    if address is not None:
        yield Browser(address, server.experiments(address), own=False)
        return
    with server.served(folder, log, port) as address:
        yield Browser(address, server.experiments(address), own=True)
