import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.baselines import baselines, omitted
from pipeline.evaluation.scores import scores
from pipeline.values.data import Arrays, Dataset, Prepared, Split, Task, Transform


def made(task: Task, seed: int = 7) -> Prepared:
    """400 rows and a target that depends on them, 300 of them for training; the transform has no encoder."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(400, 3)).astype(np.float32)
    signal = x[:, 0] + 0.5 * x[:, 1]
    rows = Split(np.arange(300), np.arange(300, 400), np.arange(0))
    if task is Task.REGRESSION:
        y = (signal + generator.normal(scale=0.3, size=400)).astype(np.float32)
        transform = Transform(None, (), mean=1000.0, scale=50.0)  # type: ignore[arg-type]
    else:
        y = np.digitize(signal, [0.0] if task is Task.BINARY else [-0.5, 0.5]).astype(np.int32)
        transform = Transform(None, (), classes=("a", "b", "c")[: y.max() + 1])  # type: ignore[arg-type]
    dataset = Dataset("made", "made", pd.DataFrame(x), pd.Series(y), task, "")
    return Prepared(dataset, rows, transform, Arrays(x[:300], y[:300]), Arrays(x[300:], y[300:]))


@pytest.mark.parametrize("task", list(Task))
def test_on_learnable_data_the_baselines_beat_the_dummy_in_the_targets_units(task: Task) -> None:
    prepared = made(task)
    rows, transform = prepared.validation, prepared.transform
    truth = rows.y if transform.classes else rows.y * transform.scale + transform.mean
    models = baselines(prepared, seed=7)
    found = scores(task, truth, {name: model(rows.x) for name, model in models.items()}, seed=7)
    metric = "rmse" if task is Task.REGRESSION else "log_loss"
    values = {name: s.values[metric] for name, s in found.items()}
    assert list(values) == ["dummy", "linear", "boosting"]
    assert values["linear"] < values["boosting"] < values["dummy"]
    if task is Task.REGRESSION:
        assert 12 < values["linear"] < 20, "the noise is 0.3, at a scale of 50"


def test_the_dummy_knows_the_training_part_alone() -> None:
    prepared = made(Task.BINARY)
    shares = baselines(prepared, seed=7)["dummy"](prepared.validation.x)
    assert shares[0, 1] == pytest.approx(prepared.train.y.mean())


def test_a_class_without_a_training_row_is_predicted_with_probability_zero() -> None:
    prepared = made(Task.MULTICLASS)
    kept = prepared.train.y != 1
    fewer = Arrays(prepared.train.x[kept], prepared.train.y[kept])
    without = replace(prepared, train=fewer)
    for model in baselines(without, seed=7).values():
        shares = model(prepared.validation.x)
        assert (shares[:, 1] == 0).all()
        assert shares.sum(axis=1) == pytest.approx(1)


def test_hard_data_are_fitted_without_a_word() -> None:
    prepared = made(Task.BINARY)
    # images, and badly scaled columns that separate the classes perfectly: lbfgs takes long for these
    x = np.repeat(prepared.train.x * np.float32(1e4), 8, axis=1).reshape(300, 4, 6)
    hard = Prepared(
        prepared.dataset, prepared.split, prepared.transform, Arrays(x, prepared.train.y), prepared.validation
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(model(x).shape == (300, 2) for model in baselines(hard, seed=7).values())


def test_one_class_in_training_leaves_the_dummy() -> None:
    prepared = made(Task.BINARY)
    one = Arrays(prepared.train.x, np.zeros(300, np.int32))
    alone = replace(prepared, train=one)
    models = baselines(alone, seed=7)
    assert list(models) == ["dummy"]
    assert models["dummy"](prepared.validation.x)[0].tolist() == [1.0, 0.0]


def test_boosting_is_left_out_with_a_sentence_where_it_would_take_minutes() -> None:
    prepared = made(Task.BINARY)
    assert omitted(prepared) == ()
    wide = np.zeros((300, 200, 100), np.float32)
    wide[:, 0, 0] = prepared.train.x[:, 0]
    images = replace(prepared, train=Arrays(wide, prepared.train.y))
    assert list(baselines(images, seed=7)) == ["dummy", "linear"]
    assert omitted(images) == ("Gradient boosting is left out: on 300 rows of 20,000 columns it would take minutes.",)
