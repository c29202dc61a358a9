"""`make models` as a user sees it: the versions of each experiment's model, the latest first, and the champions."""

from pathlib import Path

import pytest

from pipeline.trackers.mlflow.store import connect
from tests.commands.conftest import Type


@pytest.fixture
def registered(here: Path) -> Path:
    """Two versions of the model of `titanic`, and one of `wages`."""
    client = connect(here / "mlruns")
    for name, metric in {"titanic": "log_loss", "wages": "rmse"}.items():
        experiment = client.create_experiment(name)
        run = client.create_run(experiment, tags={"kind": "search", "search": f"{name}-1"}).info.run_id
        client.log_metric(run, f"test/{metric}", 0.44)
        client.log_metric(run, "test/accuracy", 0.8)
        client.create_registered_model(name)
        origin = {"search": f"{name}-1", "trial": "7"}
        client.create_model_version(name, here.as_uri(), run, origin)
        client.set_registered_model_alias(name, "champion", "1")
        if name == "titanic":
            known = {"confirmed": "0.43212", "confirmed_half_interval": "0.0213", "confirmed_metric": "log loss"}
            decided = {"decision": "Version 1 stays the champion: because."}
            client.create_model_version(name, here.as_uri(), run, {**origin, **known, **decided})
    return here


def test_the_versions_of_an_experiment(registered: Path, told: Type) -> None:
    done = told("models", "experiments/titanic.toml")
    assert (done.returncode, done.stderr) == (0, "")
    head, latest, champion, decision = done.stdout.splitlines()
    assert head.split()[:5] == ["experiment", "version", "created", "search", "trial"]
    name, version, _, _, search, trial, *figures = latest.split()
    assert (name, version, search, trial) == ("titanic", "2", "titanic-1", "7")
    assert " ".join(figures) == "log loss 0.4321 ± 0.021 log loss 0.44"
    version, mark, _, _, search, trial, *figures = champion.split()
    assert (version, mark, search, trial) == ("1", "champion", "titanic-1", "7")
    assert " ".join(figures) == "- log loss 0.44"
    assert decision == "titanic: Version 1 stays the champion: because."


def test_all_experiments_that_have_models(registered: Path, told: Type) -> None:
    done = told("models")
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()[1:4]]
    assert [row[:2] for row in rows] == [["titanic", "2"], ["1", "champion"], ["wages", "1"]]
    assert rows[2][-2:] == ["RMSE", "0.44"]


def test_an_experiment_without_a_model_says_how_to_get_one(told: Type) -> None:
    done = told("models", "titanic")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "There is no model of `titanic` yet: `make tune EXP=titanic` makes one.\n"
    done = told("models")
    assert done.returncode == 1
    assert done.stdout == "There is no model of any experiment yet: `make tune EXP=titanic` makes one.\n"


def test_a_server_that_is_away_is_named(told: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = told("models", "titanic")
    assert done.returncode == 2
    assert done.stderr == "MLflow: http://127.0.0.1:9 does not answer. Is the server running?\n"
