import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from pipeline.evaluation import scores as under_test
from pipeline.evaluation.scores import Score, counts, measure, resamples, scores, single
from pipeline.values.data import Task


def classified(rows: int, classes: int, seed: int, *, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """True classes, and probabilities that are better than chance; with `ties`, on a coarse grid."""
    generator = np.random.default_rng(seed)
    truth = np.r_[np.arange(classes), generator.integers(0, classes, rows - classes)]
    logits = generator.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if ties:
        probabilities = np.maximum(np.round(probabilities * 4), 0.5)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    return truth, probabilities


def of_sklearn(truth: np.ndarray, p: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    binary = p.shape[1] == 2
    chosen = p.argmax(axis=1)
    area: dict[str, Any] = {} if binary else {"multi_class": "ovr", "average": "macro"}
    return {
        "accuracy": metrics.accuracy_score(truth, chosen, sample_weight=weight),
        "log_loss": metrics.log_loss(truth, p, sample_weight=weight, labels=range(p.shape[1])),
        "roc_auc": metrics.roc_auc_score(truth, p[:, 1] if binary else p, sample_weight=weight, **area),
        "f1": metrics.f1_score(truth, chosen, sample_weight=weight, average="binary" if binary else "macro"),
    }


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("ties", [False, True])
def test_classification_agrees_with_scikit_learn_under_any_weights(classes: int, ties: bool) -> None:
    task = Task.BINARY if classes == 2 else Task.MULTICLASS
    truth, p = classified(120, classes, seed=classes, ties=ties)
    weights = np.vstack([np.ones(120), np.random.default_rng(1).integers(0, 4, (5, 120))])
    weights[:, :classes] = 1
    found = measure(task, truth, p, weights)
    for i, weight in enumerate(weights):
        assert {m: float(v[i]) for m, v in found.items()} == pytest.approx(of_sklearn(truth, p, weight), abs=1e-12)


def test_regression_agrees_with_scikit_learn_far_from_zero() -> None:
    generator = np.random.default_rng(2)
    truth = 1e6 + generator.normal(size=80)
    predicted = truth + generator.normal(scale=0.5, size=80)
    weights = generator.integers(0, 4, (4, 80)).astype(np.float64)
    found = measure(Task.REGRESSION, truth, predicted, weights)
    for i, w in enumerate(weights):
        assert found["mae"][i] == pytest.approx(metrics.mean_absolute_error(truth, predicted, sample_weight=w))
        assert found["rmse"][i] == pytest.approx(metrics.root_mean_squared_error(truth, predicted, sample_weight=w))
        assert found["r2"][i] == pytest.approx(metrics.r2_score(truth, predicted, sample_weight=w))


def test_a_probability_rounded_to_zero_costs_what_scikit_learn_says() -> None:
    p = np.array([[1.0, 0.0], [0.3, 0.7]], np.float32)
    found = measure(Task.BINARY, np.array([1, 1]), p, np.ones((1, 2)))["log_loss"]
    assert found[0] == pytest.approx(metrics.log_loss([1, 1], p, labels=[0, 1]), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=40),
    st.sampled_from([lambda s: s**3 + 1, np.exp, lambda s: -1 / (s + 1)]),
)
def test_the_area_sees_ranks_alone_and_weights_are_copies(
    rows: list[tuple[bool, int, int]], monotone: Callable[[np.ndarray], np.ndarray]
) -> None:
    truth, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    copies = np.repeat(np.arange(len(rows)), weight)

    def area(y: np.ndarray, s: np.ndarray, w: np.ndarray) -> float:
        with np.errstate(invalid="ignore"):
            return float(under_test._area(y, s.astype(float), w.astype(float)[None])[0])

    found = area(truth, score, weight)
    assert found == pytest.approx(area(truth, monotone(score.astype(float)), weight), nan_ok=True)
    assert found == pytest.approx(1 - area(~truth, score, weight), nan_ok=True)
    if len(copies):
        assert found == pytest.approx(area(truth[copies], score[copies], np.ones(len(copies))), nan_ok=True)


def test_every_resample_draws_as_many_rows_and_portions_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, p = classified(60, 2, seed=3)
    whole = scores(Task.BINARY, truth, {"a": p}, seed=7)["a"]
    assert all((weights.sum(axis=1) == 60).all() for weights in resamples(60, seed=7))
    monkeypatch.setattr(under_test, "CELLS", 60 * 7)
    portions = list(resamples(60, seed=7))
    assert len(portions) == 143
    assert sum(map(len, portions)) == under_test.RESAMPLES
    parts = scores(Task.BINARY, truth, {"a": p}, seed=7)["a"]
    for metric, values in whole.resampled.items():
        assert parts.resampled[metric] == pytest.approx(values, rel=1e-12)


def test_missing_classes_leave_an_interval_of_the_resamples_that_have_them() -> None:
    truth = np.r_[1, np.zeros(20, int)]
    p = np.c_[np.linspace(0.1, 0.9, 21), np.linspace(0.9, 0.1, 21)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scores(Task.BINARY, truth, {"a": p}, seed=7)["a"]
        none = scores(Task.BINARY, truth * 0, {"a": p}, seed=7)["a"].table()["roc_auc"]
        flat = scores(Task.REGRESSION, np.full(9, 3.1), {"a": np.arange(9.0)}, seed=7)["a"].table()["r2"]
    assert 300 < np.isnan(found.resampled["roc_auc"]).sum() < 450
    assert found.table()["roc_auc"] == Score(1.0, 1.0, 1.0)
    assert np.isnan([none.value, none.low, none.high, flat.value, flat.low, flat.high]).all()


def test_a_class_of_which_the_test_part_has_no_row_does_not_spoil_the_mean() -> None:
    truth, p = classified(90, 3, seed=4)
    fourth = np.c_[p * 0.999, np.full(90, 0.001)]
    found = scores(Task.MULTICLASS, truth, {"three": p, "four": fourth}, seed=7)
    assert found["four"].values["roc_auc"] == pytest.approx(found["three"].values["roc_auc"])
    assert found["four"].values["f1"] == found["three"].values["f1"]


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(5)
    covered = []
    for seed in range(200):
        predicted = generator.normal(size=150)
        truth = predicted + generator.normal(size=150)
        rmse = scores(Task.REGRESSION, truth, {"a": predicted}, seed)["a"].table()["rmse"]
        covered.append(rmse.low <= 1.0 <= rmse.high)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_a_single_model_of_a_kind_has_the_mean_of_the_scores_and_their_spread() -> None:
    truth, p = classified(200, 2, seed=6)
    found = scores(Task.BINARY, truth, {"good": p, "blunt": 0.9 * p + 0.05}, seed=7)
    values = [of.values["log_loss"] for of in found.values()]
    score = single(list(found.values()))["log_loss"]
    assert score.value == pytest.approx(np.mean(values))
    assert score.sd == pytest.approx(np.std(values, ddof=1))
    assert single([found["good"]]) == found["good"].table()


def test_the_confusion_matrix_counts_true_classes_in_rows() -> None:
    truth, p = classified(70, 3, seed=8)
    assert (counts(truth, p) == metrics.confusion_matrix(truth, p.argmax(axis=1))).all()
