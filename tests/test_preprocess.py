"""Rows are split before anything is fitted, and only the training part influences what is fitted."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.experiment import SplitSettings
from pipeline.load import load
from pipeline.preprocess import cut_folds, folded, preprocess, split_rows
from pipeline.values.data import Dataset, Prepared, Task
from pipeline.values.errors import UserError
from tests.conftest import Make


def dataset(target: Any, **columns: Any) -> Dataset:
    labels = pd.Series(target, name="y")
    features = pd.DataFrame(columns or {"x": np.arange(len(labels), dtype=float)})
    return Dataset("d", "memory", features, labels, Task.BINARY, "0")


@given(
    rows=st.integers(30, 200),
    shares=st.tuples(st.floats(0.05, 0.4), st.floats(0.05, 0.4)),
    seed=st.integers(0, 99),
    stratify=st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_the_parts_are_disjoint_and_together_all_rows(
    rows: int, shares: tuple[float, float], seed: int, stratify: bool
) -> None:
    data = dataset(np.arange(rows) % 2)
    split = split_rows(data, SplitSettings(validation=shares[0], test=shares[1], stratify=stratify, seed=seed))
    parts = [split.train, split.validation, split.test]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(rows))
    assert len(split.test) == round(rows * shares[1])
    assert len(split.validation) == round(rows * shares[0])


def test_a_stratified_split_keeps_the_classes_shares() -> None:
    labels = np.array([0] * 800 + [1] * 200)
    split = split_rows(dataset(labels), SplitSettings())
    for part in (split.train, split.validation, split.test):
        assert labels[part].mean() == pytest.approx(0.2, abs=0.005)


def test_the_split_follows_its_seed() -> None:
    data = dataset(np.arange(100) % 2)
    one, same, other = (split_rows(data, SplitSettings(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.test, same.test)
    assert not np.array_equal(one.test, other.test)


def test_a_class_of_one_row_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UserError, match=r"data\.split: .*Merge rare classes, or set `stratify = false`"):
        split_rows(dataset([0] * 50 + [1]), SplitSettings())


def test_no_validation_and_no_test_part_can_be_had() -> None:
    split = split_rows(dataset(np.arange(20) % 2), SplitSettings(validation=0.0, test=0.0))
    assert (len(split.train), len(split.validation), len(split.test)) == (20, 0, 0)


def test_titanic_becomes_twelve_scaled_columns_and_says_what_is_left_out(prepared: Prepared) -> None:
    assert prepared.train.x.shape == (535, 12)
    assert prepared.train.x.dtype == np.float32
    assert (len(prepared.validation), len(prepared.split.test)) == (178, 178)
    assert set(prepared.transform.columns) == {"Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"}
    reasons = prepared.transform.left_out
    assert set(reasons) == {"PassengerId", "Name", "Ticket", "Cabin"}
    assert "identifier" in reasons["PassengerId"]
    assert np.allclose(prepared.train.x[:, :5].mean(axis=0), 0, atol=1e-5)
    assert np.allclose(prepared.train.x[:, :5].std(axis=0), 1, atol=1e-5)
    assert not np.allclose(prepared.validation.x[:, :5].mean(axis=0), 0, atol=1e-3)


def test_what_stands_in_the_test_rows_changes_nothing_before_evaluation(titanic: Make) -> None:
    experiment = titanic()
    clean = load(experiment)
    before = preprocess(clean, experiment)
    rows = before.split.test
    poisoned = clean.features.copy()
    for name in poisoned.columns:
        number = pd.api.types.is_numeric_dtype(poisoned[name])
        poisoned.loc[poisoned.index[rows], name] = -999_999 if number else "poison"
    after = preprocess(Dataset("titanic", clean.source, poisoned, clean.target, clean.task, "0"), experiment)
    for one, other in ((before.train, after.train), (before.validation, after.validation)):
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.y, other.y)
    assert before.transform.left_out == after.transform.left_out


def test_gaps_and_unknown_categories_are_tolerated(prepared: Prepared) -> None:
    row = prepared.dataset.features.iloc[[0]].assign(Age=np.nan, Embarked="X", Sex=None)
    encoded = prepared.transform.inputs(row)
    assert np.isfinite(encoded).all()
    assert (encoded[:, 6:] == 0).all()


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [3, 8], [0.5, 1.5]], ids=str)
def test_labels_of_any_type_become_class_numbers(labels: list[Any], titanic: Make) -> None:
    target = pd.Series(labels * 30, name="Survived")
    data = Dataset("d", "memory", pd.DataFrame({"x": np.arange(60.0)}), target, Task.BINARY, "0")
    made = preprocess(data, titanic())
    assert made.transform.classes == tuple(labels)
    assert set(made.train.y.tolist()) == {0, 1}


def test_a_regression_target_is_scaled_by_its_training_part(titanic: Make) -> None:
    target = pd.Series(np.linspace(100, 200, 60), name="y")
    data = Dataset("d", "memory", pd.DataFrame({"x": np.arange(60.0) / 7}), target, Task.REGRESSION, "0")
    made = preprocess(data, titanic())
    raw = target.iloc[made.split.train]
    assert made.train.y.mean() == pytest.approx(0, abs=1e-5)
    assert made.train.y.std() == pytest.approx(1, abs=1e-5)
    assert made.train.y * made.transform.scale + made.transform.mean == pytest.approx(raw.to_numpy(), rel=1e-5)


def test_columns_named_in_the_file_are_used_as_they_are_named(titanic: Make) -> None:
    chosen = {"data.columns": {"numeric": ["Age"], "categorical": ["Pclass", "Cabin"]}}
    experiment = titanic(chosen)
    made = preprocess(load(experiment), experiment)
    assert made.transform.columns == ("Age", "Pclass", "Cabin")
    assert made.transform.left_out == {}
    experiment = titanic({"data.columns": {"ignore": ["Fare"]}})
    assert "Fare" not in preprocess(load(experiment), experiment).transform.columns
    experiment = titanic({"data.columns": ["Fare", "PassengerId"]})
    assert preprocess(load(experiment), experiment).transform.columns == ("Fare", "PassengerId")


def test_an_infinite_number_is_named_with_its_row(titanic: Make, prepared: Prepared) -> None:
    features = prepared.dataset.features.copy()
    features.loc[4, "Fare"] = np.inf
    with pytest.raises(UserError, match=r"data: column `Fare` is infinite in 1 rows, the first is row 5\."):
        preprocess(replace(prepared.dataset, features=features), titanic())


@given(rows=st.integers(4, 200), count=st.integers(2, 4), seed=st.integers(0, 99), classes=st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_folds_are_equally_large_and_disjoint_and_each_has_its_share_of_every_class(
    rows: int, count: int, seed: int, classes: int
) -> None:
    labels = np.random.default_rng(seed).integers(0, classes, rows)
    folds = cut_folds(rows, count, seed, labels)
    validated = np.concatenate([fold.validation for fold in folds])
    assert len(set(validated.tolist())) == len(validated) == rows - rows % count
    assert {len(fold.validation) for fold in folds} == {rows // count}
    for fold in folds:
        assert np.array_equal(np.sort(np.concatenate([fold.train, fold.validation])), np.arange(rows))
    shares = np.array([np.bincount(labels[fold.validation], minlength=classes) for fold in folds])
    # neighbours in the order of classes go to different folds: a class begins and ends inside such a group
    assert (shares.max(axis=0) - shares.min(axis=0)).max() <= 2


def test_folds_of_a_quantity_have_its_whole_range() -> None:
    target = np.random.default_rng(1).normal(size=200)
    means = [target[fold.validation].mean() for fold in cut_folds(200, 4, 7, target)]
    drawn = [target[fold.validation].mean() for fold in cut_folds(200, 4, 7)]
    assert np.ptp(means) < np.ptp(drawn) / 3


def test_too_few_rows_for_folds_are_refused() -> None:
    with pytest.raises(UserError, match="3 rows cannot be cut into 4 folds"):
        cut_folds(3, 4, 7)


def test_a_file_that_asks_for_more_folds_than_rows_is_refused_before_a_search(titanic: Make) -> None:
    data = dataset(np.arange(10) % 2)
    for field in ("search.folds", "evaluate.folds"):
        with pytest.raises(UserError) as error:
            preprocess(data, titanic({"evaluate.confirm": 2, field: 9}))
        assert str(error.value) == (
            f"experiments/titanic.toml, {field}: 8 rows for training and validation cannot be cut into 9 folds. "
            f"Add rows, or set `{field}` to 8 or less."
        )
        assert len(preprocess(data, titanic({"evaluate.confirm": 2, field: 8})).train) == 6
    # nothing is confirmed, so the folds do not matter
    assert len(preprocess(data, titanic({"evaluate.confirm": 0, "evaluate.folds": 9})).train) == 6


def test_folds_join_training_and_validation_rows_and_leave_the_test_part_closed(
    prepared: Prepared, titanic: Make
) -> None:
    found = folded(prepared, titanic(), 4, seed=7)
    rows = np.sort(np.concatenate([prepared.split.train, prepared.split.validation]))
    assert np.array_equal(found.split.train, rows)
    assert np.array_equal(found.split.test, prepared.split.test)
    assert len(found.train) == len(rows)
    assert len(found.validation) == 0
    train, validation = found.parts(1)
    assert len(train) + len(validation) == len(rows)
    again = folded(prepared, titanic(), 4, seed=7)
    assert all(np.array_equal(a.train, b.train) for a, b in zip(found.folds, again.folds, strict=True))
