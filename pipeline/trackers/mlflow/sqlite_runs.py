"""Stores the runs of trials in a local database with plain SQL, one transaction for each content of a run.

It writes what MLflow's own store writes (`mlflow/store/tracking/sqlalchemy_store.py`), for a fraction of the time, and
only into tables of a version that it knows.
"""

import re
import sqlite3
import uuid
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from math import copysign, isfinite, isnan
from pathlib import Path
from posixpath import normpath
from sys import float_info
from typing import Any, Final, final

from pipeline.trackers.mlflow.batches import TEXT, Point
from pipeline.trackers.mlflow.run_store import ClientRuns, Content, NewRun, RunStore
from pipeline.trackers.mlflow.runs import END
from pipeline.trackers.mlflow.store import quicken

SCHEMAS: Final = frozenset({"dc11669786a5"})
"""The versions of MLflow's tables that this module knows, as the table `alembic_version` names them: MLflow 3.17's."""
PATIENCE: Final = 20.0
"""Seconds for which a locked database is waited for, as MLflow does."""
RUN_NAME: Final = "mlflow.runName"
NAME: Final = re.compile(r"[\w.\- :/]{1,250}")
PARAM: Final = 6000
"""A param's longest value."""


def run_store(client: Any) -> RunStore:
    """Plain SQL if the client's store is a local database of a known version, else the client itself."""
    through_client = ClientRuns(client)
    file = _known(client.tracking_uri)
    return SqliteRuns(file, through_client) if file else through_client


def _known(where: str) -> Path | None:
    """The file that the tracking URI `where` names, if it is a database of a known version."""
    from sqlalchemy import make_url

    if not where.startswith("sqlite:///"):
        return None
    url = make_url(where)
    if url.query or not url.database or not Path(url.database).is_file():
        return None
    with suppress(sqlite3.Error), closing(sqlite3.connect(url.database, timeout=PATIENCE)) as tables:
        versions = {version for (version,) in tables.execute("SELECT version_num FROM alembic_version")}
        return Path(url.database) if versions and versions <= SCHEMAS else None
    return None


@final
class SqliteRuns:
    """Stores a content whole or not at all; used by one thread.

    A content that MLflow would refuse or shorten is given to `rest`.
    """

    def __init__(self, file: Path, rest: RunStore) -> None:
        self._rest = rest
        self._tables = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)
        weakref.finalize(self, self._tables.close)
        quicken(self._tables)

    def write(self, run: str | NewRun, content: Content) -> str:
        if not _is_plain(content):
            return self._rest.write(run, content)
        with _transaction(self._tables) as tables:
            known = _checked(tables, run) if isinstance(run, str) else _make(tables, run)
            _log_params(tables, known, content.params)
            _log_points(tables, known, content.points)
            _set_tags(tables, known, content.tags)
            if content.reopens:
                tables.execute("UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", (known,))
                tables.execute("DELETE FROM tags WHERE run_uuid = ? AND key = ?", (known, END))
            if content.ended is not None:
                ended = (content.ended.status, content.ended.at, known)
                tables.execute("UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?", ended)
        return known


def _is_plain(content: Content) -> bool:
    """Whether MLflow accepts all of the content as it is."""
    names = {*(point[0] for point in content.points), *content.params, *content.tags}
    return (
        all(map(_is_name, names))
        and all(len(value) <= PARAM for value in content.params.values())
        and all(len(value) <= TEXT for value in content.tags.values())
        and RUN_NAME not in content.tags  # MLflow would also change the run's name
    )


@cache
def _is_name(name: str) -> bool:
    """Whether MLflow accepts `name` for a metric, a param and a tag: it must also be a path inside a folder."""
    return bool(NAME.fullmatch(name)) and normpath(name) == name and name != "." and not name.startswith(("..", "/"))


@contextmanager
def _transaction(tables: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """What is done inside this context is stored whole, or not at all if it raises; MlflowException if SQLite fails."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import BAD_REQUEST, TEMPORARILY_UNAVAILABLE

    try:
        tables.execute("BEGIN IMMEDIATE")
        yield tables
        tables.execute("COMMIT")
    except sqlite3.OperationalError as error:  # most often, another process locks the database
        raise MlflowException(str(error), TEMPORARILY_UNAVAILABLE) from error
    except sqlite3.Error as error:
        raise MlflowException(str(error), BAD_REQUEST) from error
    finally:
        if tables.in_transaction:
            tables.execute("ROLLBACK")


def _checked(tables: sqlite3.Connection, run: str) -> str:
    _active(tables.execute("SELECT lifecycle_stage FROM runs WHERE run_uuid = ?", (run,)), f"run {run}")
    return run


def _active(found: sqlite3.Cursor, what: str) -> tuple[str, ...]:
    """The row of a run or an experiment, which begins with its stage; MlflowException if it is absent or deleted."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST

    row: tuple[str, ...] | None = found.fetchone()
    if row is None:
        raise MlflowException(f"{what} does not exist", RESOURCE_DOES_NOT_EXIST)
    if row[0] != "active":
        raise MlflowException(f"{what} is {row[0]}", INVALID_PARAMETER_VALUE)
    return row


def _make(tables: sqlite3.Connection, new: NewRun) -> str:
    from mlflow.utils.uri import append_to_uri_path

    query = "SELECT lifecycle_stage, artifact_location FROM experiments WHERE experiment_id = ?"
    _, place = _active(tables.execute(query, (new.experiment,)), f"experiment {new.experiment}")
    run = uuid.uuid4().hex
    tables.execute(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,"
        " source_version, lifecycle_stage, artifact_uri, experiment_id)"
        " VALUES (?, ?, 'UNKNOWN', '', '', 'unknown', 'RUNNING', ?, '', 'active', ?, ?)",
        (run, new.name, new.at, append_to_uri_path(place, run, "artifacts"), new.experiment),
    )
    _set_tags(tables, run, {**new.tags, RUN_NAME: new.name})
    return run


def _log_params(tables: sqlite3.Connection, run: str, params: Mapping[str, str]) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

    if not params:
        return
    present = dict(tables.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run,)))
    changed = [name for name, value in params.items() if present.get(name, value) != value]
    if changed:
        raise MlflowException(f"a param never changes: {', '.join(changed)} of run {run}", INVALID_PARAMETER_VALUE)
    rows = [(name, value, run) for name, value in params.items() if name not in present]
    tables.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", rows)


def _log_points(tables: sqlite3.Connection, run: str, points: Sequence[Point]) -> None:
    rows = [(name, *_stored(value), at, step, run) for name, value, at, step in points]
    tables.executemany(
        "INSERT INTO metrics (key, value, is_nan, timestamp, step, run_uuid) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        rows,
    )
    latest: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        if row[0] not in latest or _age(row) > _age(latest[row[0]]):
            latest[row[0]] = row
    tables.executemany(
        "INSERT INTO latest_metrics (key, value, is_nan, timestamp, step, run_uuid) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan,"
        " timestamp = excluded.timestamp, step = excluded.step"
        " WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)",
        latest.values(),
    )


def _age(row: tuple[Any, ...]) -> tuple[int, int, float]:
    """By what MLflow compares two points of a metric: step, time, value."""
    return row[4], row[3], row[1]


def _stored(value: float) -> tuple[float, bool]:
    """A metric's value as the tables can hold it, and whether it is NaN."""
    if isfinite(value):
        return value, False
    return (0.0, True) if isnan(value) else (copysign(float_info.max, value), False)


def _set_tags(tables: sqlite3.Connection, run: str, tags: Mapping[str, str]) -> None:
    tables.executemany(
        "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        [(name, value, run) for name, value in tags.items()],
    )
