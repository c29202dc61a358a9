"""Encoded numbers: their values by hand, from which rows their constants come, and the models that have them."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.preprocess import preprocess
from pipeline.transforms.tabular.encoding import encodings
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Dataset, Prepared, Task
from pipeline.values.errors import UserError
from tests.conftest import Make

PARAMS: dict[str, Any] = {"width": 8, "depth": 1, "dropout": 0.0, "learning_rate": 0.01}
COLUMNS = ["fare", "age", "two", "count", "class"]
SEARCHED = {"preprocess.numbers": ["standard", "piecewise", "periodic"], "preprocess.bins": [3, 8]}


def passengers() -> Dataset:
    """Numbers of very different sizes, some of them missing, one column with two values, and one of text."""
    generator = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "fare": generator.lognormal(9, 2, 80),
            "age": np.where(generator.random(80) < 0.2, np.nan, generator.normal(40, 9, 80)),
            "two": generator.integers(0, 2, 80),
            "count": np.where(np.arange(80) % 4 == 0, generator.integers(1, 4, 80), 0),
            "class": generator.choice(["first", "second", "third"], 80),
        }
    )
    return Dataset("d", "memory", frame, pd.Series(generator.integers(0, 2, 80), name="y"), Task.BINARY, "0")


def experiment(titanic: Make, **overrides: Any) -> Experiment:
    return titanic({"data.columns": COLUMNS, **SEARCHED, **{k.replace("__", "."): v for k, v in overrides.items()}})


@pytest.fixture(scope="module", params=["standard", "none", ["robust", "minmax"]], ids=str)
def made(request: pytest.FixtureRequest, titanic: Make) -> tuple[Blueprint, Prepared]:
    """Models and data with numbers scaled by the transform, not at all, or by a layer."""
    one = experiment(titanic, preprocess__scale=request.param)
    prepared = preprocess(passengers(), one)
    return build(one, prepared), prepared


def added(blueprint: Blueprint, x: np.ndarray, name: str, bins: int) -> np.ndarray:
    """The columns that an encoding adds to rows `x`: what its models' first layer is given after the plain columns."""
    import keras

    scale = {"scale": "robust"} if "scale" in blueprint.space.dimensions else {}
    model = blueprint.model(blueprint.settings({**PARAMS, **scale, "numbers": name, "bins": bins}))
    (joined,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate))
    given: np.ndarray = keras.Model(model.inputs, joined.output).predict(x, verbose=0)
    return given[:, x.shape[1] :]


def filled(prepared: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """The raw columns that are encoded (rows, 3), gaps filled, of the training and of the validation rows."""
    raw = prepared.dataset.features[["fare", "age", "count"]]
    train, validation = raw.iloc[prepared.split.train], raw.iloc[prepared.split.validation]
    return train.fillna(train.median()).to_numpy(), validation.fillna(train.median()).to_numpy()


def ramps(x: np.ndarray, train: np.ndarray, bins: int) -> list[np.ndarray]:
    """The piecewise-linear encoding of one column, as in the paper."""
    edges = sorted(set(np.quantile(train, [t / bins for t in range(bins + 1)])))
    return [np.clip((x - low) / (high - low), 0, 1) for low, high in pairwise(edges)]


@pytest.mark.parametrize("bins", [3, 8])
def test_piecewise_ramps_from_one_quantile_of_the_training_rows_to_the_next(
    bins: int, made: tuple[Blueprint, Prepared]
) -> None:
    blueprint, prepared = made
    train, rows = filled(prepared)
    columns = [ramps(rows[:, i], train[:, i], bins) for i in range(3)]
    # more than half of the counts are 0: bins between equal quantiles are left out
    assert [len(of) for of in columns[:2]] == [bins, bins]
    assert 1 <= len(columns[2]) < bins
    expected = np.stack([ramp for of in columns for ramp in of], axis=1)
    np.testing.assert_allclose(added(blueprint, prepared.validation.x, "piecewise", bins), expected, atol=2e-4)


def test_periodic_gives_the_sines_and_cosines_of_eighths_of_standard_deviations(
    made: tuple[Blueprint, Prepared],
) -> None:
    blueprint, prepared = made
    train, rows = filled(prepared)
    z = (rows - train.mean(axis=0)) / train.std(axis=0)
    expected = np.stack(
        [wave(2 * np.pi * c / 8 * z[:, i]) for i in range(3) for c in (1, 2, 3) for wave in (np.sin, np.cos)], axis=1
    )
    np.testing.assert_allclose(added(blueprint, prepared.validation.x, "periodic", 3), expected, atol=1e-3)


@pytest.mark.parametrize("name", ["piecewise", "periodic"])
def test_only_training_rows_decide_the_constants(name: str, titanic: Make) -> None:
    one, data = experiment(titanic), passengers()
    prepared = preprocess(data, one)
    before = added(build(one, prepared), prepared.validation.x, name, 8)
    strange = data.features.copy()
    others = np.setdiff1d(np.arange(80), prepared.split.train)
    strange.loc[others, ["fare", "age"]] = strange.loc[others, ["fare", "age"]] * 1e3 + 7
    again = preprocess(Dataset("d", "memory", strange, data.target, Task.BINARY, "0"), one)
    np.testing.assert_array_equal(added(build(one, again), prepared.validation.x, name, 8), before)


def test_standard_numbers_leave_the_model_as_it_is(titanic: Make) -> None:
    import keras

    plain, searched = titanic({"data.columns": COLUMNS}), experiment(titanic)
    models = []
    for one in (plain, searched):
        keras.utils.set_random_seed(3)
        blueprint = build(one, preprocess(passengers(), one))
        own = {"numbers": "standard"} if one is searched else {}
        models.append(blueprint.model(blueprint.settings({**PARAMS, **own})))
    first, second = models
    assert type(first) is type(second) is keras.Sequential
    assert [type(layer) for layer in first.layers] == [type(layer) for layer in second.layers]
    for mine, its in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_marks_of_gaps_are_not_encoded_even_if_they_have_many_values(titanic: Make) -> None:
    one = experiment(titanic, preprocess__scale="unit_rows")
    prepared = preprocess(passengers(), one)
    mark = len(COLUMNS) - 1  # after the numbers
    assert len(np.unique(prepared.train.x[:, mark])) > 2
    # divided by the row's length, `two` has many values as well
    assert set(encodings(prepared, one)["piecewise", 8].columns) == {0, 1, 2, 3}


def test_a_baseline_and_listed_trials_may_have_other_bins(titanic: Make) -> None:
    one = titanic(
        {
            "data.columns": COLUMNS,
            "preprocess": {"numbers": "piecewise", "bins": 4},
            "baseline.bins": 5,
            "search.library": "own",
            "search.sampler": "listed",
            "search.listed": [{"bins": 6}, {"numbers": "standard"}, {"numbers": "periodic", "bins": 2}],
            "model": {"family": "mlp"},
        }
    )
    blueprint = build(one, preprocess(passengers(), one))
    inputs = [blueprint.model(settings).layers[-2].kernel.shape[0] for settings in (one.baseline, *one.search.listed)]
    plain = 4 + 1 + 3  # numbers, the mark of a gap, classes
    # two columns have all bins; more than half of the third are 0
    assert plain + 2 * 5 < inputs[0] < plain + 3 * 5
    assert plain + 2 * 6 < inputs[1] < plain + 3 * 6
    assert inputs[2:] == [plain, plain + 3 * 2 * 2]


@pytest.mark.parametrize("columns", [["class"], ["class", "two"]], ids=["no numbers", "two values"])
def test_a_table_needs_a_number_to_encode(columns: list[str], titanic: Make) -> None:
    one = titanic({"preprocess.numbers": "piecewise", "data.columns": columns})
    prepared = preprocess(passengers(), one)
    with pytest.raises(UserError, match=r"preprocess\.numbers: needs a numeric column .* d has none"):
        build(one, prepared)


PREDICT = """
import sys
sys.modules["pipeline"] = None  # importing it fails
import keras, numpy as np
assert keras.backend.backend() == sys.argv[1]
x = np.load("x.npy")
for name in sys.argv[2:]:
    np.save(f"{name}.npy", keras.models.load_model(f"{name}.keras").predict(x, verbose=0))
"""


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_saved_model_predicts_the_same_on_both_backends_without_this_package(
    made: tuple[Blueprint, Prepared], tmp_path: Path
) -> None:
    blueprint, prepared = made
    x = prepared.validation.x
    np.save(tmp_path / "x.npy", x)
    scale = {"scale": "robust"} if "scale" in blueprint.space.dimensions else {}
    expected = {}
    for name in ("piecewise", "periodic"):
        model = blueprint.answering(blueprint.settings({**PARAMS, **scale, "numbers": name, "bins": 8}))
        model.save(tmp_path / f"{name}.keras")
        expected[name] = model.predict(x, verbose=0)
    for backend in ("jax", "tensorflow"):
        env = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
        words = [sys.executable, "-c", PREDICT, backend, *expected]
        done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for name, values in expected.items():
            np.testing.assert_allclose(np.load(tmp_path / f"{name}.npy"), values, atol=1e-4)
