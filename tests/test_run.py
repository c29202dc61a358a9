"""A whole experiment, from its file to its records in MLflow, with both libraries and also with a user's own data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import folded, preprocess
from pipeline.run import Finished, run
from pipeline.searches.keras_tuner import brackets
from pipeline.trackers import Links, TrialRecord
from pipeline.trackers.mlflow import create, open_archive
from pipeline.trackers.mlflow.store import current, uri
from pipeline.tuning.confirmation import FOLDER, Confirmer, Plan, cut_seed
from pipeline.tuning.study import Study
from pipeline.values.data import Prepared
from pipeline.values.trial import BASELINE, Confirms, End, Outcome, Trial
from tests.conftest import Make

pytestmark = pytest.mark.slow
SHORT = {"training.epochs": 5, "training.early_stopping.patience": 2}


def go(experiment: Experiment, mlruns: Path) -> Finished:
    return run(experiment, create(mlruns), mlruns, lambda blueprint, prepared, study: None)


def lines(experiment: str, mlruns: Path) -> Sequence[TrialRecord]:
    found = open_archive(mlruns)
    return found.curves(found.searches(experiment)[0])


def champion(name: str, rows: pd.DataFrame, mlruns: Path) -> pd.DataFrame:
    import mlflow

    with current(uri(mlruns)):
        answer: pd.DataFrame = mlflow.pyfunc.load_model(f"models:/{name}@champion").predict(rows)
    return answer


def plain(outcome: Outcome) -> Any:
    """An outcome without measured times."""
    curve = tuple(replace(epoch, seconds=0.0) for epoch in outcome.curve)
    return replace(outcome, seconds={}, curve=curve)


def test_every_trial_is_in_mlflow_with_its_curve_and_the_champion_answers_raw_rows(titanic: Make, folder: Path) -> None:
    experiment = titanic({"search.trials": 4, **SHORT})
    finished = go(experiment, folder)
    assert finished.links.owed == 0
    read = lines("titanic", folder)
    assert [line.number for line in read] == [BASELINE, 1, 2, 3, 4]
    outcomes = {o.number: o for o in (*finished.leaderboard.outcomes, finished.leaderboard.baseline) if o}
    for line in read:
        outcome = outcomes[line.number]
        assert (line.end, line.value, line.best_epoch) == (outcome.end, outcome.value, outcome.best_epoch)
        assert [e.metrics["val_loss"] for e in line.curve] == [e.metrics["val_loss"] for e in outcome.curve]
        assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"} <= set(line.curve[0].metrics)
        assert line.settings == {name: str(value) for name, value in outcome.settings.items()}
    parent = open_archive(folder).search(open_archive(folder).searches("titanic")[0])
    assert parent is not None
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["test/accuracy"] > 0.6
    assert parent.data.tags["keras"]
    rows = load(experiment).features
    answer = champion("titanic", rows, folder)
    assert len(answer) == 891
    assert np.allclose(answer[["probability_0", "probability_1"]].sum(axis=1), 1, atol=1e-5)


@pytest.mark.no_cover
def test_the_pictures_the_file_and_the_report_lie_with_the_search(titanic: Make, folder: Path) -> None:
    go(titanic({"search.trials": 1, **SHORT}), folder)
    (top,) = (folder / "artifacts" / "titanic").glob("*/artifacts/experiment.toml")
    names = {path.name for path in top.parent.iterdir()}
    assert {"leaderboard.csv", "report.md", "scores.csv", "curves_loss.png", "curves_accuracy.png"} <= names
    assert "Total params" in (top.parent / "champion_model.txt").read_text("utf-8")
    assert "(Dense)" in (top.parent / "baseline_model.txt").read_text("utf-8")
    again = resolve(str(top))
    assert (again.search.trials, again.training.epochs) == (1, 5)
    pages = [path for path in top.parent.iterdir() if path.suffix == ".html"]
    assert len(pages) >= 2
    for page in pages:
        assert "https://cdn" not in page.read_text("utf-8")[:200_000]


@pytest.mark.no_cover
def test_two_runs_with_the_same_seed_give_the_same_trials_curves_and_champion(titanic: Make, folder: Path) -> None:
    experiment = titanic({"search.trials": 3, **SHORT})
    one, other = go(experiment, folder), go(experiment, folder)
    assert [plain(o) for o in one.leaderboard.outcomes] == [plain(o) for o in other.leaderboard.outcomes]
    best = one.leaderboard.best
    assert best is not None
    weights = [f.leaderboard.fitted[best.number].weights for f in (one, other)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))
    assert one.report is not None
    assert other.report is not None
    measured = [{k: v for k, v in f.measured.items() if "ms_per_row" not in k} for f in (one.report, other.report)]
    assert measured[0] == measured[1]
    assert replace(one.report, measured={}) == replace(other.report, measured={})


def test_hyperband_gives_the_epochs_of_its_definition_and_promotes_from_kept_weights(
    titanic: Make, folder: Path
) -> None:
    overrides = {"search.library": "keras_tuner", "search.sampler": "hyperband", "training.epochs": 3}
    finished = go(titanic({**overrides, "training.early_stopping": False}), folder)
    outcomes = {o.number: o for o in finished.leaderboard.outcomes}
    wanted = Counter(epochs for bracket in brackets(3) for size, epochs in bracket for _ in range(size))
    assert Counter(o.trial.epochs for o in outcomes.values()) == wanted
    promoted = [o for o in outcomes.values() if o.trial.parent is not None]
    assert promoted
    for outcome in promoted:
        assert outcome.trial.parent is not None
        parent = outcomes[outcome.trial.parent]
        assert parent.end is End.COMPLETE
        assert outcome.curve[0].number == parent.trial.epochs + 1
        # the loss of a new network would begin far above the last loss of its parent
        assert abs(outcome.curve[0].metrics["loss"] - parent.curve[-1].metrics["loss"]) < 0.2
    assert [line.number for line in lines("titanic", folder)] == [BASELINE, *sorted(outcomes)]


@pytest.mark.no_cover
@pytest.mark.parametrize(("library", "sampler"), [("optuna", "tpe"), ("keras_tuner", "random")])
def test_a_setting_that_only_some_trials_have_is_theirs_alone_everywhere(
    library: str, sampler: str, titanic: Make, folder: Path
) -> None:
    searched = {
        "training.optimizer": ["adam", "sgd"],
        "training.momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer": "sgd"}},
        "model.dropout": {"low": 0.1, "high": 0.5, "when": {"depth": 2}},
        "model.depth": [1, 2],
        "model.width": 16,
    }
    chosen = {"search.library": library, "search.sampler": sampler, **searched, **SHORT}
    first = go(titanic({**chosen, "search.trials": 6}), folder).leaderboard
    board = go(titanic({**chosen, "search.trials": 10}), folder).leaderboard
    outcomes = {o.number: o for o in board.outcomes}
    assert len(outcomes) == 10
    assert all(plain(outcomes[o.number]) == plain(o) for o in first.outcomes), "an extended search keeps its outcomes"
    for outcome in outcomes.values():
        assert outcome.end in (End.COMPLETE, End.STOPPED_EARLY)
        for settings in (outcome.trial.params, outcome.settings):
            assert ("momentum" in settings) == (settings["optimizer"] == "sgd")
            assert ("dropout" in settings) == (settings["depth"] == 2)
    assert {"momentum" in o.settings for o in outcomes.values()} == {True, False}
    for line in lines("titanic", folder):
        if line.number != BASELINE:
            assert line.settings == {name: str(value) for name, value in outcomes[line.number].settings.items()}
    (top,) = (folder / "artifacts" / "titanic").glob("*/artifacts/leaderboard.csv")
    cells = pd.read_csv(top).set_index("trial")["momentum"].drop("baseline")
    assert {int(n) for n in cells.index[cells.isna()]} == {
        n for n, o in outcomes.items() if "momentum" not in o.settings
    }
    assert len(champion("titanic", load(titanic()).features, folder)) == 891


@pytest.mark.no_cover
def test_a_table_of_ones_own_needs_a_file_and_no_code(folder: Path, tmp_path: Path) -> None:
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer(as_frame=True).frame
    table["target"] = table["target"].map({0: "malignant", 1: "benign"})
    table.to_csv(tmp_path / "cancer.csv", index=False)
    file = tmp_path / "cancer.toml"
    file.write_text(f"""
        [data]
        source = "csv"
        path = "{tmp_path / "cancer.csv"}"
        target = "target"
        [model]
        family = "mlp"
        width = [8, 32]
        [training]
        epochs = 8
        learning_rate = {{ low = 1e-3, high = 1e-1, log = true }}
        [search]
        trials = 3
    """)
    finished = go(resolve(str(file)), folder)
    assert finished.report is not None
    assert finished.report.metrics["test/accuracy"] > 0.9
    answer = champion("cancer", table.drop(columns="target"), folder)
    assert set(answer["prediction"]) == {"malignant", "benign"}


@pytest.mark.no_cover
def test_a_regression_is_answered_in_its_own_units(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    pd.DataFrame({"x": x, "y": 1000 + 50 * x}).to_csv(tmp_path / "line.csv", index=False)
    file = tmp_path / "line.toml"
    file.write_text(f"""
        data = {{ source = "csv", path = "{tmp_path / "line.csv"}", target = "y" }}
        model = {{ family = "mlp", width = [16, 32] }}
        training = {{ epochs = 40, learning_rate = 0.01 }}
        search = {{ trials = 2, objective = "val_mae" }}
    """)
    finished = go(resolve(str(file)), folder)
    assert finished.report is not None
    assert finished.report.metrics["test/mae"] < 10
    answer = champion("line", pd.DataFrame({"x": [0.0, 1.0]}), folder)
    assert answer["prediction"].tolist() == pytest.approx([1000, 1050], abs=10)


def test_failed_trials_are_recorded_with_their_reason_and_the_search_goes_on(titanic: Make, folder: Path) -> None:
    listed = [{"learning_rate": 1e30}, {"learning_rate": 0.01}]
    overrides = {"search.library": "own", "search.sampler": "listed", "search.listed": listed}
    finished = go(titanic({**overrides, **SHORT}), folder)
    ends = {o.number: o.end for o in finished.leaderboard.outcomes}
    assert ends[1] is End.FAILED
    assert ends[2] in (End.COMPLETE, End.STOPPED_EARLY)
    failed = open_archive(folder).trials(open_archive(folder).searches("titanic")[0])
    tags = next(t.data.tags for t in failed if t.data.tags["trial"] == "1")
    assert "the learning rate may be too high" in tags["reason"]


def test_the_test_part_is_opened_once_after_the_last_trial(
    titanic: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    whole = Prepared.open_test

    def watched(prepared: Prepared) -> Any:
        (search,) = (folder / "studies").iterdir()
        opened.append(len(list((search / "weights").iterdir())))
        return whole(prepared)

    monkeypatch.setattr(Prepared, "open_test", watched)
    go(titanic({"search.trials": 2, **SHORT}), folder)
    assert opened == [3]


CONFIRMED = {
    "evaluate.confirm": 2,
    "evaluate.folds": 2,
    "evaluate.best": 2,
    "model.depth": 1,
    "search.trials": 3,
    **SHORT,
}


def test_the_champion_of_a_confirmed_search_is_the_mean_of_its_fold_models(titanic: Make, folder: Path) -> None:
    experiment = titanic(CONFIRMED)
    finished = go(experiment, folder)
    report = finished.report
    assert report is not None
    names = ["champion", "single", "untuned", "untuned_averaged", "linear", "boosting", "dummy"]
    assert [row.name for row in report.test] == names
    assert report.champion == f"the average of 4 models: trials {report.trials[0]} and {report.trials[1]} on 2 folds"
    best = finished.leaderboard.best
    assert best is not None
    if any(row.title == f"trial {best.number}" for row in report.confirmed):
        assert report.luck.startswith(f"Best of 3 trials on 178 rows: val_loss {best.value:.3f} (trial {best.number});")

    (study,) = (folder / "studies").iterdir()
    own = Study.at(study / FOLDER)
    joined = folded(preprocess(load(experiment), experiment), experiment, 2, cut_seed(7))
    blueprint = build(experiment, joined)
    answers = []
    for number in report.trials:
        for fold in range(2):
            outcome = next(o for o in own.past if o.number == Confirms(number, fold, 2).number)
            network = blueprint.answering(blueprint.settings(outcome.trial.params))
            network.set_weights(list(own.weights[outcome.number].weights))
            answers.append(np.asarray(network(joined.open_test().x)))
    rows = load(experiment).features.iloc[joined.split.test]
    answer = champion("titanic", rows, folder)[["probability_0", "probability_1"]]
    np.testing.assert_allclose(answer, np.mean(answers, axis=0), rtol=0, atol=1e-6)

    found = open_archive(folder)
    (search,) = found.searches("titanic")
    assert [line.number for line in found.curves(search)] == [BASELINE, 1, 2, 3]
    confirmed = found.confirmations(search)
    asked = {(number, fold) for number in (BASELINE, *report.trials) for fold in (0, 1)}
    assert {(c.confirms.trial, c.confirms.fold) for c in confirmed} == asked
    parent = found.search(search)
    assert parent is not None
    assert parent.data.metrics["confirmed/value"] == pytest.approx(report.metrics["confirmed/value"])
    assert parent.data.tags["champion"] == report.champion


def test_a_search_on_folds_is_confirmed_on_other_folds_and_has_a_champion(titanic: Make, folder: Path) -> None:
    experiment = titanic({**CONFIRMED, "search.folds": 2})
    finished = go(experiment, folder)
    report = finished.report
    assert report is not None
    assert report.champion.startswith("the average of 4 models")
    assert " trials on 2 folds of 713 rows: " in report.luck or not report.luck
    one, other = (folded(preprocess(load(experiment), experiment), experiment, 2, seed) for seed in (7, cut_seed(7)))
    assert not np.array_equal(one.folds[0].validation, other.folds[0].validation)
    assert len(champion("titanic", load(experiment).features, folder)) == 891


def test_a_single_champion_is_one_model_trained_on_all_rows(titanic: Make, folder: Path) -> None:
    finished = go(titanic({**CONFIRMED, "evaluate.champion": "single"}), folder)
    report = finished.report
    assert report is not None
    assert len(report.trials) == 1
    assert report.champion.startswith(f"trial {report.trials[0]}, trained on all rows but the test part for ")
    measured = report.metrics
    assert measured["champion/parameters"] == measured["single/parameters"]
    assert measured["test/log_loss"] != measured["single/log_loss"]
    rows = load(titanic()).features
    assert len(champion("titanic", rows, folder)) == 891


def test_where_the_single_model_cannot_be_trained_the_champion_is_the_average_and_it_is_said(
    titanic: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(Confirms(1, 0, 1).number, {}, 1, 1, confirms=Confirms(1, 0, 1))
    failed = Outcome(trial, {}, End.FAILED, None, None, (), reason="no memory")
    monkeypatch.setattr(Confirmer, "_refit", lambda *_: (failed, False))
    finished = go(titanic({**CONFIRMED, "evaluate.champion": "single"}), folder)
    assert not finished.leaderboard.interrupted
    assert finished.report is not None
    assert finished.report.champion.startswith("the average of 4 models")
    assert finished.report.notes[0].endswith("so the champion is an average: no memory")


def test_a_confirmation_that_the_time_limit_ends_is_said_and_leaves_the_best_trial(
    titanic: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.run.deadline", lambda *_: 0.0)  # it is over before the confirmation begins
    finished = go(titanic({**CONFIRMED, "search.minutes": 5}), folder)
    report = finished.report
    assert report is not None
    assert report.champion.endswith("unconfirmed")
    assert report.notes[0].startswith("The champion is unconfirmed: none of the best settings")
    assert "make confirm EXP=titanic" in report.notes[0]
    assert finished.leaderboard.best is not None
    assert report.trials == (finished.leaderboard.best.number,)


def test_an_extended_search_whose_new_champion_is_unconfirmed_has_no_confirmed_loss(
    titanic: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(titanic(CONFIRMED), folder)
    found = open_archive(folder)
    (search,) = found.searches("titanic")
    assert found.confirmed(search) is not None
    monkeypatch.setattr("pipeline.tuning.confirmation.plan", lambda *_, **__: Plan(note="it takes too long"))
    report = go(titanic({**CONFIRMED, "search.trials": 4}), folder).report
    assert report is not None
    assert report.champion.endswith("unconfirmed")
    assert list(found.searches("titanic")) == [search]
    assert found.confirmed(search) is None
    assert not (folder / "studies" / search / "champion" / "confirmed.json").exists()


@pytest.mark.no_cover
def test_links_lead_to_the_search_its_runs_its_charts_and_the_best_curves(titanic: Make, folder: Path) -> None:
    links: Links = go(titanic({"search.trials": 1, **SHORT}), folder).links
    assert list(links.addresses) == ["search", "runs, best first", "charts", "curves of the best two"]
