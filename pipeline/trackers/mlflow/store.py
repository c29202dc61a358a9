"""MLflow's store: where it is, a client of it, and an experiment's id by name."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.trackers.mlflow import database

TRACKING = "MLFLOW_TRACKING_URI"


def uri(folder: Path) -> str:
    """The tracking URI: the environment's, else a database in `folder`."""
    return os.environ.get(TRACKING) or f"sqlite:///{folder.absolute() / 'mlflow.db'}"


def server(folder: Path) -> str | None:
    """The address of the tracking server, if the store is one."""
    where = uri(folder)
    return where.rstrip("/") if where.startswith(("http://", "https://")) else None


def connect(folder: Path) -> Any:
    """An MlflowClient of the store, whose tables exist."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # the delivery has its own patience, which looks up what arrived before it sends again; a blind repetition of
    # `create_run` would make a second run
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    # or every end of a run on a server is one more request, for a line that nobody reads
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    from mlflow import MlflowClient

    _tune_sqlite()
    where = uri(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "mlflow.lock").open("w") as lock:
        # two processes that make the tables of one fresh database at once trip over each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = folder / "mlflow.db"
        missing = TRACKING not in os.environ and not file.exists() and not database.lay(file)
        client = MlflowClient(tracking_uri=where, registry_uri=where)
        if missing:
            database.keep(file)
        return client


def answers(client: Any) -> bool:
    """Whether the store answers at all."""
    from mlflow.exceptions import MlflowException

    try:
        client.search_experiments(max_results=1)
    except MlflowException:
        return False
    return True


def experiment(client: Any, name: str, folder: Path) -> str:
    """The id of the experiment `name`, made or brought back from the bin where it must be."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        # a server has a place of its own for artifacts
        artifacts = None if server(folder) else (folder.absolute() / "artifacts" / name).as_uri()
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:
            found = client.get_experiment_by_name(name)  # another search's writer was faster
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


@contextmanager
def current(where: str) -> Iterator[None]:
    """Meanwhile MLflow's own idea of the store is `where`, for those of its functions that take no client."""
    import mlflow

    given = os.environ.get(TRACKING)
    mlflow.set_tracking_uri(where)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)  # it has set the variable as well, and takes it away
        if given is not None:
            os.environ[TRACKING] = given


@cache
def _tune_sqlite() -> None:
    """Make every connection to SQLite a fast one: a child run costs 40 ms instead of 100 ms."""
    import sqlite3

    from sqlalchemy import Engine, event

    def on_connect(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(Engine, "connect", on_connect)
