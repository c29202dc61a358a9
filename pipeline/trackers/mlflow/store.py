"""MLflow's store: its address, a client for it, and an experiment's id by name."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config.imports import uncollected
from pipeline.trackers.mlflow import database
from pipeline.values.errors import UserError

TRACKING = "MLFLOW_TRACKING_URI"


def uri(folder: Path) -> str:
    """The tracking URI: that of the environment, or else of a database in `folder`."""
    return os.environ.get(TRACKING) or f"sqlite:///{folder.absolute() / 'mlflow.db'}"


def server(folder: Path) -> str | None:
    """The address of the tracking server, if the store is one."""
    where = uri(folder)
    return where.rstrip("/") if where.startswith(("http://", "https://")) else None


def connect(folder: Path) -> Any:
    """An MlflowClient for the store; the store's tables exist."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # the delivery retries by itself, and first looks up what has arrived; if MLflow's client repeated `create_run`,
    # it would make a second run
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    # without this, each end of a run on a server costs one more request, for a line that nobody reads
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    where = uri(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with uncollected("mlflow"), (folder / "mlflow.lock").open("w") as lock:
        from mlflow import MlflowClient

        _quicken_sqlite()
        # if two processes make the tables of one new database at the same time, they disturb each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = folder / "mlflow.db"
        missing = TRACKING not in os.environ and not file.exists() and not database.lay(file)
        client = MlflowClient(tracking_uri=where, registry_uri=where)
        if missing:
            database.keep(file)
        return client


def answers(client: Any) -> bool:
    """Whether the store answers a simple request."""
    from mlflow.exceptions import MlflowException

    try:
        client.search_experiments(max_results=1)
    except MlflowException:
        return False
    return True


@contextmanager
def answering(client: Any) -> Iterator[None]:
    """UserError if the store does not answer what is asked inside this context."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise UserError("MLflow", f"{client.tracking_uri} does not answer.", "Is the server running?") from error


def experiment(client: Any, name: str, folder: Path) -> str:
    """The id of the experiment `name`, which is made if it does not exist, and restored if it was deleted."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        # a server has its own place for artifacts
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
    """Inside this context, MLflow's tracking URI is `where`, for those of its functions that take no client."""
    import mlflow

    given = os.environ.get(TRACKING)
    mlflow.set_tracking_uri(where)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)  # MLflow has also set the environment variable; this removes it
        if given is not None:
            os.environ[TRACKING] = given


def quicken(connection: sqlite3.Connection) -> None:
    """Make a connection to SQLite fast: through MLflow's client, a child run costs 40 ms instead of 100 ms."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


@cache
def _quicken_sqlite() -> None:
    """Make every connection of SQLAlchemy to SQLite fast."""
    from sqlalchemy import Engine, event

    def on_connect(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            quicken(connection)

    event.listen(Engine, "connect", on_connect)
