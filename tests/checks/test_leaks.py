"""Columns that alone predict the target are found, and honest columns raise no warning."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.checks.leaks import leaks
from pipeline.values.data import Prepared, Task

RNG = np.random.default_rng(7)
ROWS = 600
LABELS = pd.Series(RNG.choice([0, 1, 2], ROWS, p=[0.7, 0.2, 0.1]), name="class")
AMOUNTS = pd.Series(np.exp(RNG.normal(size=ROWS)), name="amount")
HONEST = pd.DataFrame(
    {
        "noise": RNG.normal(size=ROWS),
        "hint": LABELS + RNG.normal(size=ROWS),
        "few": RNG.choice(["a", "b", "c"], ROWS),
        "gappy": pd.Series(RNG.normal(size=ROWS)).where(RNG.random(ROWS) < 0.1),
    }
)


def suspects(columns: pd.DataFrame, target: "pd.Series[Any]", task: Task) -> list[str]:
    return [finding.subject.removeprefix("column ") for finding in leaks(columns, target, task)]


LEAKS = [
    LABELS,
    LABELS.map({0: "yes", 1: "no", 2: "perhaps"}),
    LABELS.map({0: 17.5, 1: -2.0, 2: 900.0}),
    LABELS + RNG.random(ROWS) * 0.9,
    1e12 + LABELS,
    LABELS.map({0: "a", 1: "b", 2: "c"}) + RNG.choice(["1", "2"], ROWS),
    LABELS.astype(float).where(RNG.random(ROWS) < 0.6),
    LABELS.map({0: np.nan, 1: "x", 2: "y"}),
    LABELS.map({0: -np.inf, 1: 0.0, 2: np.inf}),
]


LEAKY = pytest.mark.parametrize(
    "leak",
    LEAKS,
    ids=["copy", "words", "numbers", "sorted by a number", "large", "finer words", "gaps", "by its gaps", "infinite"],
)


@LEAKY
def test_a_column_that_tells_the_class_is_found(leak: "pd.Series[Any]") -> None:
    assert suspects(HONEST.assign(outcome=leak), LABELS, Task.MULTICLASS) == ["outcome"]


@LEAKY
def test_it_is_found_among_many_columns_too(leak: "pd.Series[Any]") -> None:
    many = pd.DataFrame(RNG.normal(size=(ROWS, 60)), columns=[f"c{i}" for i in range(60)])
    assert suspects(pd.concat([HONEST, many], axis=1).assign(outcome=leak), LABELS, Task.MULTICLASS) == ["outcome"]


@pytest.mark.parametrize(
    "leak",
    [AMOUNTS, 3.5 - 1000 * AMOUNTS, np.log(AMOUNTS), AMOUNTS.where(RNG.random(ROWS) < 0.5)],
    ids=["copy", "scaled", "logarithm", "gaps"],
)
def test_a_column_that_tells_the_number_is_found(leak: "pd.Series[Any]") -> None:
    columns = HONEST.assign(near=AMOUNTS * RNG.normal(1, 0.3, ROWS), outcome=leak)
    assert suspects(columns, AMOUNTS, Task.REGRESSION) == ["outcome"]


def test_a_text_that_tells_the_number_is_found() -> None:
    prices = pd.Series(RNG.choice([1.0, 2.5, 9.0], ROWS))
    columns = HONEST.assign(tier=prices.map({1.0: "c", 2.5: "a", 9.0: "b"}))
    assert suspects(columns, prices, Task.REGRESSION) == ["tier"]


def test_labels_may_be_texts_truths_and_rare() -> None:
    words = LABELS.map({0: "low", 1: "high", 2: "middle"})
    words.iloc[0] = "alone"
    assert suspects(HONEST.assign(copy=words.str.upper()), words, Task.MULTICLASS) == ["copy"]
    truths = LABELS == 1
    assert suspects(HONEST.assign(copy=(~truths).astype(int)), truths, Task.BINARY) == ["copy"]


def test_a_table_that_is_too_small_or_has_one_class_accuses_nobody() -> None:
    assert suspects(HONEST.head(5).assign(copy=LABELS), LABELS.head(5), Task.MULTICLASS) == []
    assert suspects(HONEST, pd.Series(np.zeros(ROWS)), Task.MULTICLASS) == []


def test_real_tables_raise_no_false_alarm(prepared: Prepared) -> None:
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

    dataset = prepared.dataset
    train = dataset.features.iloc[prepared.split.train][list(prepared.transform.columns)]
    assert leaks(train, dataset.target.iloc[prepared.split.train], dataset.task) == []
    for real, task in (
        (load_breast_cancer, Task.BINARY),
        (load_iris, Task.MULTICLASS),
        (load_wine, Task.MULTICLASS),
        (load_diabetes, Task.REGRESSION),
    ):
        table = real(as_frame=True)
        assert leaks(table.data, table.target, task) == []
