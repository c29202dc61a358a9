"""The champion's folder, through the ledger into MLflow, and out of it in a process that has no pipeline."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest

from pipeline import champion
from pipeline.build import build
from pipeline.data import Blueprint, Dataset, Prepared, Task
from pipeline.events import ChampionRegistered, DatasetRecord, SearchEnded, SearchRecord, TrialEnded, TrialStarted
from pipeline.ledgers import mlflow
from pipeline.preprocess import preprocess
from pipeline.trial import End, Outcome, Trial
from tests.conftest import Make

pytestmark = pytest.mark.slow

Served: TypeAlias = dict[str, tuple[pd.DataFrame, pd.DataFrame, Path]]

SERVE = """
import sys
sys.modules["pipeline"] = None  # importing it fails
import mlflow, pandas as pd
mlflow.set_tracking_uri("sqlite:///mlruns/mlflow.db")
for name in sys.argv[1:]:
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    loaded.predict(pd.read_pickle(f"{name}.raw")).to_pickle(f"{name}.answers")
    assert len(loaded.predict(loaded.input_example)) == len(loaded.input_example)
"""


@pytest.fixture(scope="module")
def colours(titanic: Make) -> Prepared:
    """Three classes named by text, out of a number and a text that both have gaps."""
    generator = np.random.default_rng(7)
    label = generator.choice(["red", "green", "blue"], 240)
    width = np.where(generator.random(240) < 0.1, np.nan, generator.normal(size=240) + (label == "red"))
    kind = pd.Series(np.where(label == "blue", "x", "y")).where(generator.random(240) > 0.1)
    frame = pd.DataFrame({"width": width, "kind": kind})
    return preprocess(Dataset("colours", "made", frame, pd.Series(label, name="c"), Task.MULTICLASS, ""), titanic())


@pytest.fixture(scope="module")
def served(
    titanic: Make, prepared: Prepared, blueprint: Blueprint, colours: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Served:
    """Answers of the registered model to raw rows less tidy than the training part, and the pipeline's own answers."""
    tmp = tmp_path_factory.mktemp("served")
    direct = {}
    for name, data, plan in (("titanic", prepared, blueprint), ("colours", colours, build(titanic(), colours))):
        model = plan.model(titanic().baseline)
        champion.write(tmp / name, model, data)
        register(name, tmp)
        raw = data.dataset.features.iloc[data.split.test].reset_index(drop=True)
        predicted = champion.predict(model, data.transform.inputs(raw), data.transform)
        direct[name] = champion.answers(data.transform, predicted)
        untidy(raw).to_pickle(tmp / f"{name}.raw")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SERVE, *direct], cwd=tmp, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name: (pd.read_pickle(tmp / f"{name}.answers"), answers, tmp / name) for name, answers in direct.items()}


def register(name: str, folder: Path) -> None:
    ledger = mlflow.create(folder / "mlruns")
    dataset = DatasetRecord(name, name, "digest", 1, "target", {"a": "float64"})
    ledger.open(SearchRecord(f"{name}-1", name, name, "val_loss", {}, {}, {}, dataset))
    trial = Trial(1, {}, 1, 1)
    ledger.record(TrialStarted(trial, {}))
    ledger.record(TrialEnded(Outcome(trial, {}, End.COMPLETE, 0.5, 1, ())))
    ledger.record(ChampionRegistered(folder / name, 1))
    ledger.record(SearchEnded())
    assert ledger.close().owed == 0


def untidy(raw: pd.DataFrame) -> pd.DataFrame:
    """The same rows with None for gaps in text, a gap in whole numbers, and a column that no one asked for."""
    text = [c for c in raw.columns if not pd.api.types.is_numeric_dtype(raw[c])]
    objects = raw.astype(dict.fromkeys(text, object))
    return objects.where(objects.notna() | ~objects.columns.isin(text), None).assign(extra="more")


@pytest.mark.parametrize("name", ["titanic", "colours"])
def test_the_loaded_model_answers_as_the_pipeline_does(served: Served, name: str) -> None:
    answers, direct, _ = served[name]
    pd.testing.assert_frame_equal(answers, direct, check_dtype=False, atol=1e-5)


def test_labels_are_the_files_own(served: Served) -> None:
    assert set(served["titanic"][0]["prediction"]) <= {0, 1}
    answers = served["colours"][0]
    assert list(answers.columns) == ["prediction", "probability_blue", "probability_green", "probability_red"]
    assert set(answers["prediction"]) <= {"red", "green", "blue"}


def test_the_folder_pins_what_it_needs_and_shows_an_example(served: Served) -> None:
    folder = served["titanic"][2]
    lines = (folder / "requirements.txt").read_text().split()
    assert {line.split("==")[0] for line in lines} >= {"keras", "tensorflow", "scikit-learn", "mlflow"}
    example: dict[str, Any] = json.loads((folder / "input.json").read_text())
    output: dict[str, Any] = json.loads((folder / "output.json").read_text())
    assert len(example["data"]) == len(output["data"])
    assert output["columns"] == ["prediction", "probability_0", "probability_1"]
