"""A new database that is copied from the template equals one that MLflow makes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.trackers.mlflow.store import connect

pytestmark = pytest.mark.slow


def schema(folder: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / "mlflow.db")) as tables:
        made = tables.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        return made + tables.execute("SELECT version_num FROM alembic_version").fetchall()


def test_the_second_fresh_database_is_the_first_ones_copy_with_a_place_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    connect(tmp_path / "made")
    (template,) = (tmp_path / "cache" / "keras-pipeline").iterdir()
    client = connect(tmp_path / "copied")
    assert schema(tmp_path / "copied") == schema(tmp_path / "made")
    (default,) = client.search_experiments()
    assert (default.name, default.experiment_id) == ("Default", "0")
    assert default.artifact_location == (tmp_path / "copied" / "artifacts" / "Default").as_uri()
    run = client.create_run(client.create_experiment("titanic"))
    assert client.get_run(run.info.run_id).info.status == "RUNNING"
    template.write_bytes(b"no database")
    assert connect(tmp_path / "again").get_experiment("0").name == "Default"


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert connect(tmp_path / "made").get_experiment("0").name == "Default"
