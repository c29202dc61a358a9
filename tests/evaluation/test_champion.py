"""A champion's folder, which a tracker registers in MLflow and which loads in a process that has no pipeline."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest

from pipeline.build import build
from pipeline.config.read import resolve
from pipeline.evaluation import champion
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers import mlflow
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Dataset, Prepared, Task
from pipeline.values.events import (
    ChampionRegistered,
    DatasetRecord,
    SearchEnded,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import End, Outcome, Trial
from tests.conftest import Make

pytestmark = pytest.mark.slow

Served: TypeAlias = dict[str, tuple[pd.DataFrame, pd.DataFrame]]

SERVE = """
import sys
sys.modules["pipeline"] = None  # importing it fails
import mlflow, pandas as pd
mlflow.set_tracking_uri("sqlite:///mlruns/mlflow.db")
model = mlflow.pyfunc.load_model("models:/colours@champion")
for name in sys.argv[1:]:
    model.predict(pd.read_pickle(f"{name}.raw")).to_pickle(f"{name}.answers")
assert len(model.predict(model.input_example)) == len(model.input_example)
"""


@pytest.fixture(scope="module")
def colours(titanic: Make) -> Prepared:
    """Three classes with text labels; the features are a number and a text with gaps, and a gapless integer."""
    generator = np.random.default_rng(7)
    label = generator.choice(["red", "green", "blue"], 240)
    width = np.where(generator.random(240) < 0.1, np.nan, generator.normal(size=240) + (label == "red"))
    kind = pd.Series(np.where(label == "blue", "x", "y")).where(generator.random(240) > 0.1)
    frame = pd.DataFrame({"width": width, "kind": kind, "count": generator.integers(2, 9, 240)})
    return preprocess(Dataset("colours", "made", frame, pd.Series(label, name="c"), Task.MULTICLASS, ""), titanic())


@pytest.fixture(scope="module")
def served(titanic: Make, colours: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Predictions of the registered model for untidy rows, and the pipeline's own predictions for the same rows."""
    tmp = tmp_path_factory.mktemp("served")
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # this test must register nothing on a real server
    model = build(titanic(), colours).answering(titanic().baseline)
    champion.write(tmp / "champion", model, colours)
    register(tmp)
    tidy = colours.dataset.features.iloc[colours.split.test].reset_index(drop=True)
    strange = tidy.astype({"count": float, "kind": object})
    strange.loc[0, "count"] = np.nan  # no training row has a gap here
    strange.loc[1, "kind"] = "never seen"
    rows = {"tidy": tidy, "strange": strange}
    for name, raw in rows.items():
        # an object column with None for its gaps is what a database or a list of records gives
        given = raw.assign(kind=raw["kind"].astype(object).where(raw["kind"].notna(), None), extra="more")
        given.to_pickle(tmp / f"{name}.raw")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SERVE, *rows], cwd=tmp, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    transform = colours.transform
    predicted = {name: champion.predict(model, transform.inputs(raw), transform) for name, raw in rows.items()}
    direct = {name: champion.answers(transform, p) for name, p in predicted.items()}
    return {name: (pd.read_pickle(tmp / f"{name}.answers"), answers) for name, answers in direct.items()}


def register(folder: Path) -> None:
    """The champion's folder recorded in an MLflow tracker."""
    tracker = mlflow.create(folder / "mlruns")
    dataset = DatasetRecord("colours", "made", "digest", 1, "c", {"width": "float64"})
    tracker.open(SearchRecord("colours-1", "colours", "t", "val_loss", {}, {}, {}, dataset))
    trial = Trial(1, {}, 1, 1)
    tracker.record(TrialStarted(trial, {}))
    tracker.record(TrialEnded(Outcome(trial, {}, End.COMPLETE, 0.5, 1, ())))
    tracker.record(ChampionRegistered(folder / "champion", 1))
    tracker.record(SearchEnded())
    assert tracker.close().owed == 0


@pytest.mark.parametrize("name", ["tidy", "strange"])
def test_the_loaded_model_answers_as_the_pipeline_does(served: Served, name: str) -> None:
    answers, direct = served[name]
    pd.testing.assert_frame_equal(answers, direct, check_dtype=False, atol=1e-5)
    assert list(answers.columns) == ["prediction", "probability_blue", "probability_green", "probability_red"]
    assert set(answers["prediction"]) <= {"red", "green", "blue"}


def test_the_folder_pins_what_it_needs_and_shows_whole_labels(
    prepared: Prepared, blueprint: Blueprint, titanic: Make, tmp_path: Path
) -> None:
    champion.write(tmp_path, blueprint.answering(titanic().baseline), prepared)
    lines = (tmp_path / "requirements.txt").read_text().split()
    assert {line.split("==")[0] for line in lines} >= {"keras", "tensorflow", "scikit-learn", "mlflow"}
    example: dict[str, Any] = json.loads((tmp_path / "input.json").read_text())
    output: dict[str, Any] = json.loads((tmp_path / "output.json").read_text())
    assert len(example["data"]) == len(output["data"])
    assert output["columns"] == ["prediction", "probability_0", "probability_1"]
    assert {row[0] for row in output["data"]} <= {0, 1}


def test_the_example_shows_every_column_with_and_without_a_gap(prepared: Prepared) -> None:
    rows = champion.example(prepared)
    train = prepared.dataset.features.iloc[prepared.split.train][list(prepared.transform.columns)]
    assert (rows.isna().any() == train.isna().any()).all()
    assert rows.notna().any().all()


IMAGES = """
import sys
sys.modules["pipeline"] = None  # importing it fails
import mlflow, pandas as pd
mlflow.set_tracking_uri("sqlite:///mlruns/mlflow.db")
model = mlflow.pyfunc.load_model("models:/colours@champion")
model.predict(pd.read_csv("images.csv")).to_pickle("images.answers")
"""


@pytest.mark.no_cover
@pytest.mark.parametrize("family", ["cnn", "hrnn"])
def test_a_served_model_of_images_takes_rows_of_pixels(family: str, tmp_path: Path) -> None:
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    file = tmp_path / "digits.toml"
    file.write_text(f'data = {{ source = "digits" }}\nmodel = {{ family = "{family}", dropout = [0.0, 0.1] }}\n')
    experiment = resolve(str(file))
    prepared = preprocess(load(experiment), experiment)
    model = build(experiment, prepared).model(experiment.baseline)
    champion.write(tmp_path / "champion", model, prepared)
    register(tmp_path)
    raw = prepared.dataset.features.iloc[prepared.split.test[:20]].reset_index(drop=True)
    raw.to_csv(tmp_path / "images.csv", index=False)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMAGES], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    transform = prepared.transform
    direct = champion.answers(transform, champion.predict(model, transform.inputs(raw), transform))
    pd.testing.assert_frame_equal(pd.read_pickle(tmp_path / "images.answers"), direct, check_dtype=False, atol=1e-5)
