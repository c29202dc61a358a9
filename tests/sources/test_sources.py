"""The data sets that come with the package, and their content."""

import numpy as np
import pandas as pd
import pytest

from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.values.data import Dataset, Form, Task
from tests.sources.conftest import Write


@pytest.mark.parametrize(
    ("source", "target", "shape", "task"),
    [
        ("wages", None, (534, 9), Task.REGRESSION),
        ("wikipedia", "internal_links", (8587, 8), Task.REGRESSION),
        ("wikipedia", "has_ru", (8587, 8), Task.BINARY),
        ("digits", None, (5000, 784), Task.MULTICLASS),
    ],
)
def test_a_source_has_its_rows_and_columns(
    source: str, target: str | None, shape: tuple[int, int], task: Task, write: Write
) -> None:
    data = read(write, source=source, **({"target": target} if target else {}))
    assert data.features.shape == shape
    assert data.task is task
    assert data.features.notna().to_numpy().all()
    assert str(data.target.name) not in data.features


def test_wages_are_dollars_an_hour(write: Write) -> None:
    assert read(write, source="wages").target.mean() == pytest.approx(9.024, abs=1e-3)


def test_the_signal_is_split_at_fifty_and_noise_says_nothing_of_it(write: Write) -> None:
    data = read(write, source="signal")
    assert data.form == Form("sequence", (2, 1))
    assert data.features["x"].is_monotonic_increasing
    assert (data.features["x"].iloc[0], data.features["x"].iloc[-1], len(data.target)) == (0, 100, 100)
    assert (data.target == (data.features["x"] > 50)).all()
    assert data.features["noise"].between(0, 1).all()
    assert abs(np.corrcoef(data.features["noise"], data.target)[0, 1]) < 0.2
    pd.testing.assert_frame_equal(data.features, read(write, source="signal").features)


def test_digits_are_bytes_five_hundred_of_each_class(write: Write) -> None:
    data = read(write, source="digits")
    assert data.form == Form("image", (28, 28, 1))
    assert set(data.features.dtypes.astype(str)) == {"uint8"}
    assert data.features.to_numpy().max() == 255
    assert data.target.value_counts().to_dict() == dict.fromkeys(range(10), 500)


def test_wikipedias_two_counts_of_languages_give_the_label_away(write: Write) -> None:
    """Shows why experiments on `has_ru` must leave out `interlanguage_links_all`."""
    data = read(write, source="wikipedia", target="has_ru")
    told = data.features["interlanguage_links_all"] - data.features["interlanguage_links_excl_ru"]
    assert (told == data.target).all()


def read(write: Write, **data: object) -> Dataset:
    return load(resolve(str(write(**data))))


def test_the_experiment_on_russian_articles_uses_neither_the_giveaway_nor_the_title() -> None:
    experiment = resolve("wiki_russian")
    columns = set(preprocess(load(experiment), experiment).transform.columns)
    assert columns == {
        "sections", "images", "external_links", "internal_links", "chars", "interlanguage_links_excl_ru",
    }  # fmt: skip
