"""A whole search whose trials are trained on folds, with both engines."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.build import build
from pipeline.config import parts
from pipeline.figures.pages import draw
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.trackers.memory import create, open_archive
from pipeline.tune import tune
from pipeline.tuning.search_record import search_record
from pipeline.tuning.study import Study
from pipeline.values.trial import BASELINE, FOLD_SD, Leaderboard, Outcome
from tests.conftest import Make

pytestmark = pytest.mark.slow
FOLDS = {
    "search.folds": 2,
    "search.trials": 2,
    "search.sampler": "random",
    "training.epochs": 4,
    "training.early_stopping.patience": 2,
    "baseline.epochs": 4,
    "model.depth": 1,
    # the only validation rows are those of the folds
    "data.split.validation": 0.0,
}


def tuned(titanic: Make, folder: Path, **overrides: Any) -> Leaderboard:
    experiment = titanic({**FOLDS, **{key.replace("_", "."): value for key, value in overrides.items()}})
    dataset = load(experiment)
    prepared = preprocess(dataset, experiment)
    study, tracker = Study.at(folder / "study"), create(folder)
    tracker.open(search_record(experiment, dataset, "search"))
    return tune(build(experiment, prepared), prepared, experiment, tracker, study, time.monotonic())


def plain(outcome: Outcome) -> Outcome:
    """An outcome without measured times."""
    return replace(outcome, seconds={}, curve=tuple(replace(epoch, seconds=0.0) for epoch in outcome.curve))


@pytest.mark.parametrize("engine", parts.names("engines"))
def test_every_trial_and_the_baseline_have_the_mean_over_folds_and_no_weights(
    titanic: Make, tmp_path: Path, engine: str
) -> None:
    board = tuned(titanic, tmp_path, training_engine=engine)
    assert board.baseline is not None
    outcomes = (board.baseline, *board.outcomes)
    assert sorted(outcome.number for outcome in outcomes) == [BASELINE, 1, 2]
    for outcome in outcomes:
        last = outcome.curve[-1]
        assert (outcome.value, outcome.best_epoch) == (last.metrics["val_loss"], last.number)
        assert all(0 < epoch.metrics[f"{FOLD_SD}val_loss"] < 1 for epoch in outcome.curve)
        assert outcome.parameters > 0
    assert len(board.fitted) == 0
    read = open_archive(tmp_path).curves("search")
    assert {line.number: line.curve for line in read} == {outcome.number: outcome.curve for outcome in outcomes}


@pytest.mark.no_cover
def test_a_search_on_folds_is_extended_as_if_it_had_been_one_and_is_drawn(titanic: Make, tmp_path: Path) -> None:
    whole = tuned(titanic, tmp_path / "whole")
    tuned(titanic, tmp_path / "parts", search_trials=1)
    extended = tuned(titanic, tmp_path / "parts")
    assert [plain(o) for o in extended.outcomes] == [plain(o) for o in whole.outcomes]
    assert whole.baseline is not None
    assert extended.baseline is not None
    assert plain(extended.baseline) == plain(whole.baseline)
    names = {path.name for path in draw(whole, titanic(FOLDS).space, tmp_path / "pictures")}
    assert {"curves_loss.png", "curves_accuracy.png", "leaderboard.csv"} <= names
