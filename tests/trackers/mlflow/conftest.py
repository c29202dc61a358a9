"""A new database, and short searches that this process writes into a spool and delivers itself."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.trackers.mlflow.encoding import Opened, encode
from pipeline.trackers.mlflow.retry import Retry
from pipeline.trackers.mlflow.spool import Spool
from pipeline.trackers.mlflow.writer import write
from pipeline.values.confirmed import Confirmed
from pipeline.values.events import DatasetRecord, EpochEnded, Event, SearchRecord, TrialEnded, TrialStarted
from pipeline.values.space import Params
from pipeline.values.trial import Confirms, End, Epoch, Outcome, Trial


@pytest.fixture
def record() -> SearchRecord:
    columns = {"Age": "float64", "Sex": "str", "Survived": "int64"}
    return SearchRecord(
        identity="one",
        experiment="titanic",
        title="tpe, 100 trials",
        objective="val_loss",
        settings={"search.trials": "100", "search.sampler": "tpe"},
        tags={"code": "abc"},
        files={"experiment.toml": "[data]\n"},
        dataset=DatasetRecord("titanic", "titanic.csv", "0" * 64, 891, "Survived", columns),
    )


@pytest.fixture
def spooled(folder: Path, record: SearchRecord) -> Callable[[Sequence[Event]], Spool]:
    """Writes an opening and events into the spool of `record`, a millisecond apart."""

    def spool(events: Sequence[Event]) -> Spool:
        found = Spool(folder, record.identity)
        with found.appending() as file:
            for at, message in enumerate([Opened(record), *events], start=1_700_000_000_000):
                file.write(encode(at, message))
        return found

    return spool


@pytest.fixture
def delivered(folder: Path, spooled: Callable[[Sequence[Event]], Spool]) -> Callable[[Sequence[Event]], MlflowArchive]:
    """Delivers events as a writer does, and opens the archive of what MLflow then holds."""

    def deliver(events: Sequence[Event]) -> MlflowArchive:
        write(spooled(events), folder, Retry(0.5, lambda: False))
        return MlflowArchive(folder)

    return deliver


@pytest.fixture
def trained() -> Callable[..., list[Event]]:
    """The events of a trial, or with a number below 0 of a confirmation: its start, `epochs` epochs and its end."""

    def events(number: int, epochs: int = 3, *, ends: bool = True) -> list[Event]:
        trial = Trial(number, {"width": number}, seed=number, epochs=epochs, confirms=Confirms.of(number))
        curve = tuple(Epoch(number, e, {"loss": 1 / e, "val_loss": number + 1 / e}) for e in range(1, epochs + 1))
        settings: Params = {"width": number, "optimizer": "adam"}
        value = curve[-1].metrics["val_loss"]
        outcome = Outcome(trial, settings, End.COMPLETE, value, epochs, curve, seconds={"train": 1.0}, parameters=9)
        started: list[Event] = [TrialStarted(trial, settings), *(EpochEnded(epoch) for epoch in curve)]
        return [*started, TrialEnded(outcome)] if ends else started

    return events


@pytest.fixture
def points() -> Callable[[Path], list[tuple[Any, ...]]]:
    """Every row of a database's metrics, including duplicates."""

    def read(database: Path) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(database)) as tables:
            return tables.execute("SELECT run_uuid, key, step FROM metrics").fetchall()

    return read


@pytest.fixture
def confirmed() -> Callable[..., Confirmed]:
    """A confirmed log loss around a mean, of the data of `record`."""

    def make(mean: float, digest: str = "0" * 64) -> Confirmed:
        losses = tuple(mean + (-1) ** row / 100 for row in range(50))
        return Confirmed("log loss", digest, "Survived", tuple(range(50)), losses, 1e-6)

    return make


@pytest.fixture
def champion(tmp_path: Path) -> Path:
    """A champion's folder whose model is plain Python: it adds a number, kept in a file, to the age."""
    made = tmp_path / "champion"
    made.mkdir()
    (made / "champion.py").write_text(CODE)
    (made / "offset.json").write_text("10")
    (made / "requirements.txt").write_text("mlflow\npandas\n")
    rows = {"columns": ["Age", "Ticket", "Bought_at"], "index": [0, 1]}
    (made / "input.json").write_text(json.dumps({**rows, "data": [[22, "113803", "2020-01-01"], [38, None, "x"]]}))
    (made / "output.json").write_text(json.dumps({"columns": ["age"], "index": [0, 1], "data": [[32.0], [48.0]]}))
    return made


CODE = """
import json
from pathlib import Path

import mlflow
import pandas as pd


class Adds(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.offset = json.loads(Path(context.artifacts["offset.json"]).read_text())

    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"age": model_input["Age"] + self.offset})


mlflow.models.set_model(Adds())
"""
