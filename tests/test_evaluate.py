"""Stage 5 on the Titanic and on a regression, with networks that are trained for a few epochs."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.evaluate import Searched, evaluate
from pipeline.evaluation.report import CHAMPION, UNTUNED, Report
from pipeline.preprocess import preprocess
from pipeline.trackers.memory import SHELVES, create
from pipeline.tuning.clock import Clock
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint, loss_of
from pipeline.values.data import Arrays, Dataset, Prepared, Task
from pipeline.values.events import ChampionRegistered, DatasetRecord, FileAttached, SearchMeasured, SearchRecord
from pipeline.values.trial import BASELINE, End, Fitted, Leaderboard, Outcome, Trial
from tests.conftest import Make

pytestmark = pytest.mark.slow

RECORD = SearchRecord("s", "e", "t", "val_loss", {}, {}, {}, DatasetRecord("d", "s", "", 1, "t", {}))
PARAMS = {"width": 16, "depth": 1, "dropout": 0.0, "learning_rate": 0.01}


def searched(blueprint: Blueprint, prepared: Prepared, experiment: Experiment) -> Leaderboard:
    """A leaderboard of one trained trial and an untrained baseline."""
    best = blueprint.model(blueprint.settings(PARAMS))
    best.compile("adam", loss=loss_of(blueprint.output))
    best.fit(prepared.train.x, prepared.train.y, epochs=20, batch_size=16, verbose=0)
    untuned = blueprint.model(experiment.baseline)
    fitted = {7: Fitted(tuple(best.get_weights())), BASELINE: Fitted(tuple(untuned.get_weights()))}
    trial = Trial(7, PARAMS, 1, 100)
    outcome = Outcome(trial, blueprint.settings(PARAMS), End.STOPPED_EARLY, 0.4, 23, ())
    start = Trial(BASELINE, experiment.baseline, 1, 100)
    baseline = Outcome(start, experiment.baseline, End.COMPLETE, 0.6, 1, ())
    return Leaderboard.of("val_loss", [outcome], baseline, fitted)


def evaluated(
    board: Leaderboard,
    blueprint: Blueprint,
    prepared: Prepared,
    experiment: Experiment,
    folder: Path,
    promote: bool = False,
) -> tuple[Report, list[object]]:
    tracker = create(folder)
    tracker.open(RECORD)
    report = evaluate(
        Searched(board, blueprint, prepared, experiment, Study.at(folder)), tracker, Clock(), promote=promote
    )
    assert report is not None
    return report, list(SHELVES[folder]["s"].events)


def test_the_champion_is_scored_once_on_the_test_part_beside_all_baselines(
    titanic: Make, prepared: Prepared, blueprint: Blueprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = Prepared.open_test

    def open_test(self: Prepared) -> Arrays:
        opened.append(self)
        return real(self)

    monkeypatch.setattr(Prepared, "open_test", open_test)
    board = searched(blueprint, prepared, titanic())
    report, events = evaluated(board, blueprint, prepared, titanic(), tmp_path)
    assert len(opened) == 1
    assert [row.name for row in report.test] == [CHAMPION, UNTUNED, "linear", "boosting", "dummy"]
    network = blueprint.answering(blueprint.settings(PARAMS))
    network.set_weights(list(board.fitted[7].weights))
    network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    rows = real(prepared)
    loss, accuracy = network.evaluate(rows.x, rows.y, verbose=0)
    scores = report.test[0].scores
    assert scores["log_loss"].value == pytest.approx(loss, abs=1e-5)
    assert scores["accuracy"].value == pytest.approx(accuracy, abs=1e-6)
    assert scores["accuracy"].low < accuracy < scores["accuracy"].high
    sentences = [c.sentence for c in report.comparisons]
    assert sentences[0].startswith("beats one untuned model by")
    assert sentences[3].startswith("beats the majority class by")
    measured = next(e for e in events if isinstance(e, SearchMeasured))
    assert measured.metrics["test/accuracy"] == scores["accuracy"].value
    assert {"validation/f1_low", "baseline/boosting/log_loss"} <= set(measured.metrics)
    assert sentences[0] in measured.tags["verdict"]
    attached = {e.path.name for e in events if isinstance(e, FileAttached)}
    models = {"champion_model.txt", "baseline_model.txt"}
    assert attached == {"report.md", "scores.csv", "confusion_matrix.html", "confusion_matrix.png", *models}
    assert events[-1] == ChampionRegistered(tmp_path / "champion", 7)
    text = (tmp_path / "report" / "report.md").read_text()
    assert "trial 7, stopped early, weights of epoch 23, unconfirmed" in text
    assert "`evaluate.confirm` is 0" in text
    assert f"- The champion {sentences[0]}." in text
    table = pd.read_csv(tmp_path / "report" / "scores.csv")
    assert len(table) == 4 * 6


def test_without_a_test_part_the_report_says_so_and_the_champion_is_registered(titanic: Make, tmp_path: Path) -> None:
    experiment = titanic({"data.split.test": 0.0})
    houses = prepared_houses(experiment)
    plan = build(experiment, houses)
    report, events = evaluated(searched(plan, houses, experiment), plan, houses, experiment, tmp_path, promote=True)
    assert report.test == ()
    assert "data.split.test" in (tmp_path / "report" / "report.md").read_text()
    assert {"rmse", "mae", "r2", "standardized_mse"} == set(report.validation)
    score, spread = report.validation, houses.transform.scale
    # the end of an interval lies between two resamples, and what lies between squares is no square
    assert score["standardized_mse"].high == pytest.approx((score["rmse"].high / spread) ** 2, rel=1e-3)
    assert events[-1] == ChampionRegistered(tmp_path / "champion", 7, promote=True)


def test_a_regression_is_scored_in_the_targets_units(titanic: Make, tmp_path: Path) -> None:
    experiment = titanic()
    houses = prepared_houses(experiment)
    plan = build(experiment, houses)
    board = replace(searched(plan, houses, experiment), baseline=None)
    report, events = evaluated(board, plan, houses, experiment, tmp_path)
    scores = {row.name: row.scores for row in report.test}
    assert UNTUNED not in scores
    assert 40_000 < scores["dummy"]["mae"].value < 100_000
    assert scores["linear"]["mae"].value < 15_000
    assert scores[CHAMPION]["r2"].value > 0.8
    assert not any(isinstance(e, FileAttached) and "confusion" in e.path.name for e in events)
    known = json.loads((tmp_path / "champion" / "champion.json").read_text())
    assert known["classes"] == []
    output = pd.read_json(tmp_path / "champion" / "output.json", orient="split")
    assert 150_000 < output["prediction"].mean() < 550_000


def prepared_houses(experiment: Experiment) -> Prepared:
    generator = np.random.default_rng(7)
    size, town = generator.uniform(40, 200, 300), generator.choice(["A", "B"], 300)
    price = 2500 * size + 50_000 * (town == "A") + generator.normal(0, 10_000, 300)
    frame = pd.DataFrame({"size": size, "town": town})
    return preprocess(Dataset("houses", "made", frame, pd.Series(price, name="price"), Task.REGRESSION, ""), experiment)
