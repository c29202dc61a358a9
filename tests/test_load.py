"""A user's own tables are read and understood, or refused with an error that helps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.values.data import Dataset, Task
from pipeline.values.errors import UserError
from tests.conftest import Make

Own = Callable[..., Dataset]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Writes a table to a CSV or Parquet file and loads it with an experiment of two lines."""

    def make(frame: pd.DataFrame, source: str = "csv", **data: Any) -> Dataset:
        path = tmp_path / f"table.{source}"
        frame.to_csv(path, index=False) if source == "csv" else frame.to_parquet(path)
        file = tmp_path / "own.toml"
        model = 'model = { family = "mlp", width = [8, 16] }'
        file.write_text(f'data = {{ source = "{source}", target = "y", path = "{path}" }}\n{model}\n')
        return load(resolve(str(file), {f"data.{key}": value for key, value in data.items()}))

    return make


def test_titanic_has_891_passengers_with_their_gaps(titanic: Make) -> None:
    data = load(titanic())
    assert data.features.shape == (891, 11)
    assert data.task is Task.BINARY
    assert data.target.mean() == pytest.approx(0.383838, abs=1e-6)
    assert data.features["Age"].isna().sum() == 177


TASKS = [
    ([0, 1] * 15, Task.BINARY),
    (["a", "b", "c"] * 10, Task.MULTICLASS),
    ([True, False] * 15, Task.BINARY),
    ([1, 2, 3] * 10, Task.MULTICLASS),
    (list(range(30)), Task.REGRESSION),
    ([x / 7 for x in range(30)], Task.REGRESSION),
]


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize(("target", "task"), TASKS, ids=lambda v: str(v)[:20])
def test_the_task_follows_from_the_target(own: Own, source: str, target: list[Any], task: Task) -> None:
    assert own(pd.DataFrame({"x": range(30), "y": target}), source).task is task


def test_the_file_may_name_the_task(own: Own) -> None:
    assert (
        own(
            pd.DataFrame({"x": range(30), "y": [1, 2, 3] * 10}),
            task="regression",
        ).task
        is Task.REGRESSION
    )


def test_the_digest_follows_values_and_names(own: Own) -> None:
    frame = pd.DataFrame({"x": range(30), "y": [0, 1] * 15})
    digest = own(frame).digest
    assert own(frame.copy()).digest == digest
    assert own(frame.assign(x=frame.x + 1)).digest != digest
    assert own(frame.rename(columns={"x": "z"})).digest != digest


def test_numbers_with_gaps_of_pandas_own_types_are_read(own: Own) -> None:
    frame = pd.DataFrame({"x": pd.array([1, None, 3] * 10, dtype="Int64"), "y": [0, 1] * 15})
    assert own(frame, "parquet").features["x"].dtype == np.float64


def test_gaps_in_texts_are_the_same_in_csv_and_parquet(own: Own) -> None:
    texts = pd.Series(["a", None, "b"] * 10, dtype=object)
    for source in ("csv", "parquet"):
        gap = own(pd.DataFrame({"x": texts, "y": [0, 1] * 15}), source).features["x"].iloc[1]
        assert isinstance(gap, float)
        assert np.isnan(gap)


@pytest.mark.parametrize(
    ("target", "data", "message"),
    [
        ([0, 1, None] * 10, {}, "data.target: `y` is empty in 10 rows. Fill or remove these rows."),
        ([1] * 30, {}, "data.target: `y` has the same value in all rows."),
        (["a", "b"] * 15, {"task": "regression"}, "data.task: `y` holds str, not numbers."),
        ([1, 2, 3] * 10, {"task": "binary"}, "data.task: `y` has 3 different values, not 2."),
        ([0, 1] * 15, {"target": "z"}, "data.target: there is no column `z`."),
        ([0, 1] * 15, {"columns": ["xx"]}, "data.columns: there is no column `xx`. Did you mean `x`?"),
        ([0, 1] * 15, {"columns": ["y"]}, "data.columns: `y` is the target."),
        ([0, 1] * 15, {"path": "gone.csv"}, "data.path: there is no file gone.csv"),
    ],
    ids=lambda v: str(v)[:24],
)
def test_what_is_wrong_with_a_table_is_said(own: Own, target: list[Any], data: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        own(pd.DataFrame({"x": range(30), "y": target}), **data)
    assert message in str(error.value)
    assert "own.toml" in str(error.value)
