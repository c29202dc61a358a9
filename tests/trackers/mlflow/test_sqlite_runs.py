"""Plain SQL stores what MLflow's client stores, and what MLflow's client reads."""

import math
import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.trackers.mlflow import sqlite_runs
from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.trackers.mlflow.encoding import encode
from pipeline.trackers.mlflow.relay import Relay
from pipeline.trackers.mlflow.retry import Retry
from pipeline.trackers.mlflow.run_store import ClientRuns, Content, Ended, NewRun, RunStore
from pipeline.trackers.mlflow.spool import Spool
from pipeline.trackers.mlflow.sqlite_runs import SqliteRuns, run_store
from pipeline.trackers.mlflow.store import connect
from pipeline.values.events import Event, SearchEnded
from pipeline.values.trial import End

AT = 1_700_000_000_000
STEPS = [
    Content([("loss", 0.5, AT, 1), ("loss", 0.25, AT + 1, 2)], {"width": "8", "optimizer": "adam"}, {"seed": "3"}),
    Content([("loss", 0.5, AT, 1), ("loss", 0.125, AT + 2, 3)], {"width": "8", "depth": ""}),
    Content([("nan", math.nan, AT, 1), ("nan", math.nan, AT, 1), ("high", math.inf, AT, 1), ("low", -math.inf, AT, 1)]),
    Content([("zero", -0.0, AT, 0), ("late", 1.0, AT, 5), ("late", 2.0, AT + 9, 4), ("late", 3.0, AT - 9, 5)]),
    Content([("nan", 0.0, AT, 1), ("a/b c-d.e:f", 1e-300, AT, 1), ("größe", 1e308, AT, 2**40)]),
    Content(tags={"seed": "4", "mlflow.note.content": "```\n| Dense |\n```" * 400}),
    Content(tags={"end": "stopped early"}, ended=Ended("KILLED", AT + 50)),
    Content([("loss", 0.0625, AT + 60, 4)], reopens=True),
    Content(tags={"end": "complete"}, ended=Ended("FINISHED", AT + 99)),
    Content(tags={"mlflow.runName": "renamed"}),
]
REFUSED = {
    "a changed param": Content([("new", 1.0, AT, 1)], {"fresh": "1", "width": "9"}, {"new": "1"}),
    "a name of a param": Content(params={"a setting?": "1"}),
    "a name of a metric": Content([("../loss", 1.0, AT, 1)]),
    "a name of a tag": Content(tags={"": "1"}),
    "a long name": Content([("x" * 251, 1.0, AT, 1)]),
}


class Pair:
    """The same runs, written through the client into one store and with plain SQL into another."""

    def __init__(self, folder: Path) -> None:
        self.clients = [connect(folder / name) for name in ("client", "plain")]
        self.databases = [folder / name / "mlflow.db" for name in ("client", "plain")]
        self.stores: list[RunStore] = [ClientRuns(self.clients[0]), run_store(self.clients[1])]
        assert isinstance(self.stores[1], SqliteRuns)
        self.experiments = [client.create_experiment("titanic") for client in self.clients]
        self.runs = ["", ""]

    def make(self, content: Content) -> None:
        tags = {"mlflow.parentRunId": "f" * 32, "kind": "trial", "trial": "7"}
        for i, experiment in enumerate(self.experiments):
            self.runs[i] = self.stores[i].write(NewRun(experiment, "trial 7", AT, tags), content)

    def write(self, content: Content) -> None:
        for found, run in zip(self.stores, self.runs, strict=True):
            assert found.write(run, content) == run

    def rows(self) -> list[dict[str, list[tuple[Any, ...]]]]:
        """The rows of each store's tables; what is of this store alone is replaced."""
        return [self._rows(*of) for of in zip(self.databases, self.runs, strict=True)]

    def _rows(self, database: Path, run: str) -> dict[str, list[tuple[Any, ...]]]:
        own = {run: "RUN", f"file://{database.parent}": "FOLDER"}

        def shared(cell: Any) -> Any:
            if isinstance(cell, float):
                return repr(cell)
            if isinstance(cell, str):
                for text, name in own.items():
                    cell = cell.replace(text, name)
            return cell

        with closing(sqlite3.connect(database)) as tables:
            return {
                table: sorted(
                    (tuple(map(shared, row)) for row in tables.execute(f"SELECT * FROM {table}")),
                    key=repr,
                )
                for table in ("runs", "metrics", "latest_metrics", "params", "tags")
            }

    def read(self) -> list[dict[str, Any]]:
        """What MLflow's client reads of each run."""
        return [_read(*of) for of in zip(self.clients, self.runs, strict=True)]


def _read(client: Any, run: str) -> dict[str, Any]:
    found = client.get_run(run)
    info = {name: getattr(found.info, name) for name in ("run_name", "status", "start_time", "end_time", "user_id")}
    histories = {
        key: sorted(repr((p.value, p.timestamp, p.step)) for p in client.get_metric_history(run, key))
        for key in found.data.metrics
    }
    place = found.info.artifact_uri.replace(run, "RUN").rsplit("/", 3)[1:]
    told = {**info, "stage": found.info.lifecycle_stage, "params": found.data.params, "tags": found.data.tags}
    return {**told, "latest": repr(sorted(found.data.metrics.items())), "histories": histories, "place": place}


@pytest.fixture
def pair(folder: Path) -> Pair:
    return Pair(folder)


def test_every_content_is_stored_and_read_as_through_the_client(pair: Pair) -> None:
    pair.make(Content([("loss", 1.0, AT, 0)], {"units": "2"}, {"seed": "2"}))
    for content in STEPS:
        pair.write(content)
        client, plain = pair.rows()
        assert plain == client
    client_run, plain_run = pair.read()
    assert plain_run == client_run
    assert (plain_run["run_name"], plain_run["status"], plain_run["end_time"]) == ("renamed", "FINISHED", AT + 99)
    assert plain_run["histories"]["nan"] == [repr((0.0, AT, 1)), repr((math.nan, AT, 1))]
    assert len(plain_run["histories"]["loss"]) == 5
    assert plain_run["place"] == ["1", "RUN", "artifacts"]


def test_the_latest_of_many_points_is_the_one_that_mlflow_chooses(pair: Pair) -> None:
    pair.make(Content())
    draw = random.Random(7)
    values = (0.0, 1.0, -1.0, math.nan, math.inf, -math.inf)
    for _ in range(12):
        points = [
            (draw.choice("abcd"), draw.choice(values), AT + draw.randrange(2), draw.randrange(3)) for _ in "x" * 25
        ]
        pair.write(Content(points))
        client, plain = pair.rows()
        assert plain == client
    assert len(plain["latest_metrics"]) == 4


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_what_mlflow_refuses_is_refused_alike_and_leaves_no_trace(pair: Pair, content: Content) -> None:
    from mlflow.exceptions import MlflowException

    pair.make(STEPS[0])
    before = pair.rows()
    codes = []
    for found, run in zip(pair.stores, pair.runs, strict=True):
        with pytest.raises(MlflowException) as error:
            found.write(run, content)
        codes.append(error.value.error_code)
    assert codes == ["INVALID_PARAMETER_VALUE"] * 2
    assert pair.rows() == before


def test_a_run_or_an_experiment_that_is_deleted_or_absent_gets_nothing(pair: Pair) -> None:
    from mlflow.exceptions import MlflowException

    pair.make(Content())
    gone: list[tuple[str | NewRun, str]] = [("0" * 32, "RESOURCE_DOES_NOT_EXIST")]
    gone += [(NewRun("999", "trial 1", AT, {}), "RESOURCE_DOES_NOT_EXIST")]
    for i, found in enumerate(pair.stores):
        pair.clients[i].delete_run(pair.runs[i])
        pair.clients[i].delete_experiment(pair.experiments[i])
        deleted: list[str | NewRun] = [pair.runs[i], NewRun(pair.experiments[i], "trial 1", AT, {})]
        for run, code in [*gone, *((one, "INVALID_PARAMETER_VALUE") for one in deleted)]:
            with pytest.raises(MlflowException) as error:
                found.write(run, STEPS[0])
            assert error.value.error_code == code


def test_a_content_is_stored_whole_or_not_at_all(pair: Pair) -> None:
    before = pair.rows()[1]
    bad = Content([("loss", 1.0, AT, 1)], {"width": "8"}, {"note": "\ud800"})  # no database can store half a character
    with pytest.raises(UnicodeEncodeError):
        pair.stores[1].write(NewRun(pair.experiments[1], "trial 1", AT, {}), bad)
    assert pair.rows()[1] == before


def test_a_locked_database_is_a_problem_that_passes(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException

    monkeypatch.setattr(sqlite_runs, "PATIENCE", 0.0)
    hasty = run_store(pair.clients[1])
    new = NewRun(pair.experiments[1], "trial 1", AT, {})
    with closing(sqlite3.connect(pair.databases[1], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MlflowException) as error:
            hasty.write(new, STEPS[0])
        assert error.value.error_code == "TEMPORARILY_UNAVAILABLE"
        other.execute("ROLLBACK")
    assert pair.clients[1].get_run(hasty.write(new, STEPS[0])).data.params == STEPS[0].params


def test_other_stores_and_unknown_tables_are_left_to_the_client(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, uri: str) -> None:
            self.tracking_uri = uri

    plain = f"sqlite:///{pair.databases[1]}"
    assert isinstance(run_store(Client(plain)), SqliteRuns)
    others = ("http://127.0.0.1:5000", "databricks", "sqlite://", "sqlite:///absent.db", f"{plain}?cache=shared")
    assert all(isinstance(run_store(Client(uri)), ClientRuns) for uri in others)
    monkeypatch.setattr(sqlite_runs, "SCHEMAS", frozenset({"an older version"}))
    assert isinstance(run_store(Client(plain)), ClientRuns)


def test_a_search_in_unknown_tables_is_delivered_whole(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    trained: Callable[..., list[Event]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_runs, "SCHEMAS", frozenset[str]())
    monkeypatch.setattr(sqlite_runs, "_log_points", None)
    archive = delivered([*trained(1), *trained(2), SearchEnded()])
    assert [(line.number, line.end, len(line.curve)) for line in archive.curves("one")] == [
        (1, End.COMPLETE, 3),
        (2, End.COMPLETE, 3),
    ]


def test_a_call_that_stores_and_then_seems_to_fail_stores_nothing_twice(
    spooled: Callable[[Sequence[Event]], Spool],
    folder: Path,
    trained: Callable[..., list[Event]],
    points: Callable[[Path], list[tuple[Any, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    write, fail = SqliteRuns.write, [True, False, True, False]

    def failing(self: SqliteRuns, run: str | NewRun, content: Content) -> str:
        known = write(self, run, content)
        if fail and fail.pop(0):
            raise MlflowException("the disk was slow", TEMPORARILY_UNAVAILABLE)
        return known

    monkeypatch.setattr(SqliteRuns, "write", failing)
    monkeypatch.setattr("pipeline.trackers.mlflow.relay.FLUSH", -1.0)
    monkeypatch.setattr("pipeline.trackers.mlflow.relay.SHARE", -1.0)
    spool = spooled([*trained(1), SearchEnded()])
    relay = Relay(spool, folder, Retry(5, lambda: False))
    relay.advance()
    relay.finish()
    assert not fail
    (run,) = MlflowArchive(folder).trials("one")
    assert (run.info.status, run.data.tags["end"]) == ("FINISHED", "complete")
    rows = [row for row in points(folder / "mlflow.db") if row[0] == run.info.run_id and row[2] > 0]
    assert len(rows) == len(set(rows)) == 6


def test_a_run_that_was_rolled_back_is_made_by_the_next_try(
    spooled: Callable[[Sequence[Event]], Spool],
    folder: Path,
    trained: Callable[..., list[Event]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_runs, "PATIENCE", 0.0)
    spool = spooled([])
    relay = Relay(spool, folder, Retry(30, lambda: False))
    relay.advance()
    with spool.appending() as file:
        for at, event in enumerate([*trained(1), SearchEnded()], start=AT + 100):
            file.write(encode(at, event))
    with closing(sqlite3.connect(folder / "mlflow.db", check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, other.execute, ["ROLLBACK"])
        release.start()
        relay.advance()
        release.join()
    relay.finish()
    assert spool.owed == 0
    assert [len(line.curve) for line in MlflowArchive(folder).curves("one")] == [3]
