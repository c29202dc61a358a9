"""The champion of several models: it answers with their mean, is one Keras file, and is judged by unseen rows."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from pipeline.build import build
from pipeline.evaluation import champion, finalists
from pipeline.evaluation.finalists import Finalists
from pipeline.preprocess import folded
from pipeline.values.blueprint import Blueprint
from pipeline.values.confirmed import ConfirmedSetting
from pipeline.values.data import Prepared
from pipeline.values.trial import Confirms, End, Epoch, Fitted, Outcome, Trial
from tests.conftest import Make

pytestmark = pytest.mark.slow

SETTINGS = {"trial 3": {"width": 16, "depth": 1}, "trial 5": {"width": 24, "depth": 2}}
LOADED = """
import json, sys, keras, numpy
rows = numpy.load(sys.argv[2])
model = keras.saving.load_model(sys.argv[1], compile=False)
print(json.dumps(numpy.asarray(keras.ops.convert_to_numpy(model(rows))).tolist()))
"""


def setting(number: int, blueprint: Blueprint, folds: int, fitted: dict[int, Fitted]) -> ConfirmedSetting:
    """The setting of a trial with untrained weights on each fold, put into `fitted`."""
    params = {**SETTINGS[f"trial {number}"], "dropout": 0.1, "learning_rate": 0.01}
    outcomes = []
    for fold in range(folds):
        of = Confirms(number, fold, folds)
        model = blueprint.model(blueprint.settings(params))
        fitted[of.number] = Fitted(tuple(model.get_weights()))
        metrics = {"val_loss": number + fold / 10}
        trial = Trial(of.number, params, 1, 9, fold=fold, confirms=of)
        curve = (Epoch(of.number, 1, metrics),)
        outcomes.append(Outcome(trial, params, End.COMPLETE, metrics["val_loss"], 1, curve))
    found = Outcome(Trial(number, params, 1, 9), params, End.COMPLETE, 0.5, 1, ())
    return ConfirmedSetting(found, tuple(outcomes), "val_loss")


@pytest.fixture(scope="module")
def joined(prepared: Prepared, titanic: Make) -> Prepared:
    return folded(prepared, titanic(), 4, 7)


@pytest.fixture(scope="module")
def chosen(joined: Prepared, titanic: Make) -> Finalists:
    fitted: dict[int, Fitted] = {}
    blueprint = build(titanic(), joined)
    settings = [setting(number, blueprint, 4, fitted) for number in (3, 5)]
    return finalists.of_folds(settings, None, blueprint, joined, fitted)


def test_the_champion_answers_with_the_mean_of_its_members(chosen: Finalists) -> None:
    rows = chosen.prepared.open_test()
    assert len(chosen.members) == 8
    mean = np.mean(chosen.answers(chosen.members, rows), axis=0)
    whole = champion.predict(chosen.model, rows.x, chosen.prepared.transform)
    np.testing.assert_allclose(whole, mean, rtol=0, atol=1e-6)
    assert np.ptp(chosen.answers(chosen.members, rows)[0] - whole) > 0.01


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_saved_champion_loads_on_either_backend_without_this_package(
    backend: str, chosen: Finalists, tmp_path: Path
) -> None:
    champion.write(tmp_path / "champion", chosen.model, chosen.prepared, chosen.confirmed)
    rows = chosen.prepared.open_test()
    np.save(tmp_path / "rows.npy", rows.x)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(tmp_path / "champion" / "model.keras"), str(tmp_path / "rows.npy")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    mean = np.mean(chosen.answers(chosen.members, rows), axis=0)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), mean, rtol=0, atol=1e-6)


def test_each_row_is_judged_by_the_models_that_did_not_train_on_it(chosen: Finalists, joined: Prepared) -> None:
    found = chosen.confirmed
    assert found is not None
    assert len(set(found.rows)) == len(found.rows) == 4 * len(joined.folds[0].validation)
    assert not set(found.rows) & set(joined.split.test.tolist())
    second = joined.train.at(joined.folds[1].validation)
    answers = np.mean(chosen.answers([chosen.members[1], chosen.members[5]], second), axis=0)
    count = len(second)
    assert np.mean(found.losses[count : 2 * count]) == pytest.approx(metrics.log_loss(second.y, answers), rel=1e-5)
    assert found.rows[count : 2 * count] == tuple(joined.split.train[joined.folds[1].validation])
    assert found.digest == joined.dataset.digest
    assert 0 < found.models < 0.1


def test_one_setting_alone_is_judged_by_its_own_folds(chosen: Finalists, joined: Prepared) -> None:
    alone = finalists.unseen([chosen.singles], joined)
    again = finalists.unseen([chosen.singles, chosen.singles], joined)
    assert alone.losses == again.losses
    assert alone.models > again.models == 0


def test_confirmed_figures_are_written_beside_the_champion_and_removed_where_there_are_none(
    chosen: Finalists, tmp_path: Path
) -> None:
    champion.write(tmp_path, chosen.model, chosen.prepared, chosen.confirmed)
    assert json.loads((tmp_path / champion.CONFIRMED).read_text())["metric"] == "log loss"
    champion.write(tmp_path, chosen.model, replace(chosen.prepared, folds=()))
    assert not (tmp_path / champion.CONFIRMED).exists()
