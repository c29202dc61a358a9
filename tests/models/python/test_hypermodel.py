"""A `keras_tuner.HyperModel` is searched unchanged, by any library, and its champion predicts."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from pipeline.build import build
from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.config.read import resolve
from pipeline.config.write import resolved
from pipeline.engines import EnginePart
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.run import Finished, run
from pipeline.trackers.mlflow import create, open_archive
from pipeline.tuning.identity import fingerprint
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int
from pipeline.values.trial import Trial

Write = Callable[..., Path]

NETS = """
import keras
import keras_tuner as kt
from keras import layers


class Guide(kt.HyperModel):
    def build(self, hp):
        model = keras.Sequential()
        model.add(layers.Flatten())
        for i in range(hp.Int("num_layers", 1, 2)):
            model.add(layers.Dense(hp.Int(f"units_{i}", 8, 24, step=8), activation=hp.Choice("act", ["relu", "tanh"])))
        if hp.Boolean("dropout"):
            model.add(layers.Dropout(rate=0.25))
        model.add(layers.Dense(2, activation="softmax"))
        rate = hp.Float("learning_rate", min_value=1e-4, max_value=1e-2, sampling="log", default=1e-3)
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model


def build_model(hp):
    model = keras.Sequential([layers.Dense(hp.Int("units 1", 8, 24), "relu"), layers.Dense(1, activation="sigmoid")])
    kind = {"SGD": keras.optimizers.SGD, "Adam": keras.optimizers.Adam}[hp.Choice("optimizer", ["SGD", "Adam"])]
    model.compile(kind(hp.Choice("lr/start", [0.01, 0.0])), "binary_crossentropy", metrics=["accuracy"])
    return model


class Wide(Guide):
    pass


def plain(hp):
    return keras.Sequential([layers.Dense(hp.Int("units", 8, 24)), layers.Dense(2, "softmax")])


class Broken(kt.HyperModel):
    def build(self, hp):
        return keras.Sequential([layers.Dense(hp.Int("units", 8, 24) + "x")])


def three(hp):
    return keras.Sequential([layers.Dense(hp.Int("units", 8, 24)), layers.Dense(3, "softmax")])


def image(hp):
    return keras.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(hp.Choice("units", [2]))])


def twelve(hp):
    return keras.Sequential([layers.Input((12,)), layers.Dense(hp.Int("units", 8, 24)), layers.Dense(2, "softmax")])


def regression(hp):
    model = keras.Sequential([layers.Dense(hp.Int("units", 1, 2)), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def batch(hp):
    hp.Choice("batch_size", [16, 32])
    return plain(hp)


def sign(hp):
    hp.Choice("units%", [16, 32])
    return plain(hp)


def tuner(hp):
    hp.Choice("tuner/epochs", [16, 32])
    return plain(hp)


class Classes(kt.HyperModel):
    def __init__(self, count):
        super().__init__()
        self.count = count

    def build(self, hp):
        return keras.Sequential([layers.Dense(hp.Int("units", 8, 24)), layers.Dense(self.count, "softmax")])


two = Classes(2)


class Steps(keras.Model):
    def train_step(self, data): ...


def steps(hp):
    return Steps()
"""
BROKEN = next(number for number, line in enumerate(NETS.splitlines(), 1) if '+ "x"' in line)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an experiment on the Titanic with a member of `nets.py` beside it, and further keys of `[model]`."""
    (tmp_path / "nets.py").write_text(NETS)

    def make(attribute: str, model: dict[str, Any] | None = None, **sections: Any) -> Path:
        file = tmp_path / "hyper.toml"
        whole = {"family": f"python:nets.{attribute}", **(model or {})}
        file.write_text(tomli_w.dumps({"data": {"source": "titanic"}, "model": whole, **sections}))
        return file

    return make


def ready(experiment: Experiment) -> tuple[Prepared, Blueprint]:
    prepared = preprocess(load(experiment), experiment)
    return prepared, pickle.loads(pickle.dumps(build(experiment, prepared)))


def test_the_space_and_the_baseline_are_what_the_class_says(write: Write) -> None:
    experiment = resolve(str(write("Guide")))
    assert experiment.space.dimensions == {
        "num_layers": Int(1, 2),
        "units_0": Int(8, 24, step=8),
        "act": Choice(("relu", "tanh")),
        "dropout": Choice((False, True)),
        "learning_rate": Float(1e-4, 1e-2, log=True),
        "units_1": Int(8, 24, step=8),
    }
    assert experiment.fixed == {"batch_size": 32, "epochs": 100, "patience": 8, "min_delta": 0, "start_from_epoch": 0}
    own = {name: experiment.baseline[name] for name in experiment.space.dimensions}
    assert own == {"num_layers": 1, "units_0": 8, "act": "relu", "dropout": False, "learning_rate": 1e-3, "units_1": 8}


def test_the_file_may_narrow_what_the_class_asks_for_and_give_the_baseline(write: Write) -> None:
    model = {"units_0": 16, "learning_rate": {"low": 1e-3, "high": 1e-2}, "act": ["tanh"]}
    baseline = {"learning_rate": 0.5, "units_0": 24, "epochs": 3}
    file = write("Guide", model, baseline=baseline, training={"engine": "vectorized"})
    experiment = resolve(str(file), {"model.dropout": True})
    assert list(experiment.space.dimensions) == ["num_layers", "act", "learning_rate", "units_1"]
    assert experiment.space.dimensions["learning_rate"] == Float(1e-3, 1e-2)
    assert (experiment.fixed["units_0"], experiment.fixed["dropout"]) == (16, True)
    assert {name: experiment.baseline[name] for name in baseline} == baseline
    assert (experiment.baseline["dropout"], experiment.training.engine) == (True, "vectorized")


@pytest.mark.parametrize("attribute", ["Guide", "build_model", "Wide", "plain", "two"])
def test_its_resolved_file_reads_back_the_same_and_its_text_is_its_identity(
    attribute: str, write: Write, tmp_path: Path
) -> None:
    file = write(attribute)
    experiment = resolve(str(file))
    before = fingerprint(experiment, "digest")
    file.write_text(resolved(experiment))
    again = resolve(str(file))
    assert (resolved(again), fingerprint(again, "digest")) == (resolved(experiment), before)
    (tmp_path / "nets.py").write_text(NETS + "\n")
    assert fingerprint(again, "digest") != before


def test_the_compiled_optimizer_is_the_trials(write: Write) -> None:
    _, blueprint = ready(resolve(str(write("build_model"))))
    settings = blueprint.settings({"units 1": 9, "optimizer": "Adam", "lr/start": 0.01})
    made = blueprint.optimizer(settings)
    assert type(made).__name__ == "Adam"
    assert float(made.learning_rate) == pytest.approx(0.01)
    assert type(blueprint.optimizer({**settings, "optimizer": "SGD"})).__name__ == "SGD"
    assert blueprint.model(settings).layers[1].units == 9


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fit", "vectorized"])
def test_a_compiled_rate_of_nought_leaves_the_weights_as_they_were(engine: str, write: Write) -> None:
    prepared, blueprint = ready(resolve(str(write("build_model"))))
    part = parts.engine(engine)
    weights = {}
    for number, rate in enumerate((0.0, 0.0, 0.01), 1):
        settings = blueprint.settings({"units 1": 8, "optimizer": "SGD", "lr/start": rate})
        trial = Trial(number, settings, seed=11, epochs=number)
        weights[number] = trained(part, blueprint, prepared, trial)
    assert all(np.array_equal(a, b) for a, b in zip(weights[1], weights[2], strict=True))
    assert not np.array_equal(weights[2][0], weights[3][0])


def trained(part: EnginePart, blueprint: Blueprint, prepared: Prepared, trial: Trial) -> Sequence[Any]:
    engine = part.create(blueprint, prepared, 1)
    engine.start(trial, None)
    epochs: list[Any] = []
    while len(epochs) < trial.epochs:
        epochs += engine.step()
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"} == set(epochs[0].metrics)
    return engine.stop(trial).weights


def test_one_that_is_not_compiled_is_trained_as_the_file_says(write: Write) -> None:
    training = {"optimizer": "sgd", "learning_rate": {"low": 0.01, "high": 0.1}}
    experiment = resolve(str(write("plain", training=training)))
    assert set(experiment.space.dimensions) == {"units", "learning_rate"}
    _, blueprint = ready(experiment)
    assert float(blueprint.optimizer(experiment.baseline | {"learning_rate": 0.05}).learning_rate) == pytest.approx(
        0.05
    )


FILE_WRONG = [
    (
        "Guide",
        {"training": {"learning_rate": 0.1}},
        "training.learning_rate: is given, but `python:nets.Guide` compiles",
    ),
    ("Guide", {"training": {"optimizer": "sgd"}}, "training.optimizer: is given, but `python:nets.Guide` compiles"),
    ("Guide", {"baseline": {"momentum": 0.1}}, "baseline.momentum: unknown setting. Allowed: num_layers, units_0, act"),
    ("Guide", {"model": {"unit_0": 3}}, "model.unit_0: unknown key. Did you mean `model.units_0`?"),
    ("Guide", {"model": {"units_0": "x"}}, "model.units_0: is 'x', not a whole number."),
    ("Guide", {"model": {"act": "rleu"}}, "model.act: `rleu` is unknown. Did you mean `relu`?"),
    ("Guide", {"search": {"sampler": "grid"}}, "search.sampler: grid needs a list of values for learning_rate."),
    ("build_model", {"model": {"units 1": 0.5}}, "model.units 1: is 0.5, not a whole number."),
    ("Broken", {}, f"model.family: `python:nets.Broken` fails (line {BROKEN} of "),
    (
        "batch",
        {},
        "model.family, `python:nets.batch`: asks for `batch_size`, which is a key of [training]. Remove it",
    ),
    ("sign", {}, "model.family, `python:nets.sign`: asks for `units%`, which cannot be a setting's name. Rename it"),
    ("tuner", {}, "`python:nets.tuner`: asks for `tuner/epochs`, which cannot be a setting's name."),
    ("Steep", {}, "nets.py has no function `Steep`. Did you mean `Steps`?"),
]


@pytest.mark.parametrize(("attribute", "sections", "message"), FILE_WRONG)
def test_what_is_wrong_with_the_file_or_the_class_is_one_sentence(
    attribute: str, sections: dict[str, Any], message: str, write: Write
) -> None:
    with pytest.raises(UserError) as error:
        resolve(str(write(attribute, **sections)))
    assert message in str(error.value)
    assert "hyper.toml, " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("three", 'has output shape (None, 3), not (None, 2). End with `keras.layers.Dense(2, "softmax")`.'),
        (
            "image",
            "its model takes rows of shape (28, 28), but a row of this data has shape (12,). Leave its Input layer out",
        ),
        ("regression", "is compiled with the loss mean_squared_error, but this task needs sparse_categorical_"),
        ("steps", "its model defines its own train_step."),
    ],
)
def test_what_does_not_fit_the_data_is_one_sentence_before_any_run(attribute: str, message: str, write: Write) -> None:
    experiment = resolve(str(write(attribute, training={"epochs": [1, 2]})))
    with pytest.raises(UserError) as error:
        ready(experiment)
    assert message in str(error.value)
    assert "hyper.toml, model.family" in str(error.value)


def test_a_fixed_number_of_inputs_has_no_place_for_encoded_numbers(write: Write) -> None:
    ready(resolve(str(write("twelve"))))
    with pytest.raises(UserError, match=r"takes rows of shape \(12,\), .* Leave its Input layer out"):
        ready(resolve(str(write("twelve", preprocess={"numbers": ["standard", "piecewise"]}))))
    ready(resolve(str(write("plain", preprocess={"numbers": ["standard", "piecewise"]}))))


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    ("attribute", "library", "sampler"), [("Guide", "optuna", "tpe"), ("build_model", "keras_tuner", "random")]
)
def test_a_search_ends_with_a_champion_that_predicts_and_is_extended(
    attribute: str, library: str, sampler: str, write: Write, folder: Path
) -> None:
    search = {"library": library, "sampler": sampler, "trials": 2}
    file = str(write(attribute, training={"epochs": 3}, search=search))
    first = go(resolve(file), folder)
    assert first.report is not None
    assert [o.number for o in sorted(first.leaderboard.outcomes, key=lambda o: o.number)] == [1, 2]
    champion = open_archive(folder).champion("hyper")
    assert champion is not None
    rows = load(resolve(file)).features
    shares = champion.predict(rows)[["probability_0", "probability_1"]]
    assert len(shares) == 891
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)

    longer = go(resolve(file, {"search.trials": 3}), folder)
    assert {o.number: o.value for o in longer.leaderboard.outcomes if o.number < 3} == {
        o.number: o.value for o in first.leaderboard.outcomes
    }
    assert len(longer.leaderboard.outcomes) == 3


def go(experiment: Experiment, mlruns: Path) -> Finished:
    return run(experiment, create(mlruns), mlruns, lambda blueprint, prepared, study: None)
