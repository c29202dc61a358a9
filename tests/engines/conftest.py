"""Models of several kinds on a few rows, trained by an engine and by `model.fit` on the same batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.build import optimizer
from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.engines import Engine
from pipeline.engines._shuffle import order
from pipeline.searches.listed import Listed
from pipeline.tuning.loop import Limits, Loop
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint, Output, loss_of
from pipeline.values.data import Arrays, Prepared
from pipeline.values.space import Float, Int, Params, Space
from pipeline.values.trial import End, Fitted, Trial

ROWS, VALIDATION = 150, 70
SETTINGS: Mapping[str, Any] = {
    "width": 24, "depth": 2, "dropout": 0.0, "activation": "relu", "factor": 0.0,
    "optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": 20,
}  # fmt: skip
SPACE = Space({"width": Int(8, 64), "dropout": Float(0.0, 0.5), "learning_rate": Float(1e-4, 1e-1, log=True)})

Curve = dict[str, list[float]]
Make = Callable[..., Blueprint]


def model(kind: str, settings: Params, columns: int) -> Any:
    """A model of one kind, from its input to its output."""
    import keras

    last = keras.layers.Dense(1) if kind == "single" else keras.layers.Dense(2, activation="softmax")
    return keras.Sequential([keras.layers.Input((columns,)), *inside(kind, settings), last])


def inside(kind: str, settings: Params) -> list[Any]:
    """The hidden layers of a kind of model."""
    import keras
    from keras import layers as of

    width, rate = int(settings["width"]), float(settings["dropout"])
    l2 = keras.regularizers.L2(float(settings["factor"])) if settings["factor"] else None
    match kind:
        case "normalized":
            # the gradient of a bias here would be only rounding errors, which Adam turns into steps
            return [of.Dense(width, use_bias=False), of.BatchNormalization(), of.ReLU()]
        case "attentive":
            return [of.Dense(width), of.Softmax()]
        case "recurrent":
            return [of.Reshape((-1, 1)), of.LSTM(width)]
        case "convolutional":
            return [of.Reshape((-1, 1)), of.Conv1D(width, 3, activation="relu"), of.Flatten()]
        case "opaque":
            return [opaque(), of.Dense(width)]
        case "fickle":  # its learning rate has an effect only below 1e-3
            return [of.Dense(width, "relu") for _ in range(2 if float(settings["learning_rate"]) < 1e-3 else 1)]
    layers: list[Any] = []
    for _ in range(int(settings["depth"])):
        layers.append(of.Dense(width, activation=str(settings["activation"]), kernel_regularizer=l2))
        layers += [of.Dropout(rate)] if rate else []
    return layers


def opaque() -> Any:
    """A layer that passes its input through NumPy: `fit` can do that, a mapped and compiled program cannot."""
    import keras

    class Opaque(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.supports_jit = False

        def call(self, x: Any) -> Any:
            if keras.backend.backend() == "jax":
                import jax

                return jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x)  # type: ignore[no-untyped-call]
            import tensorflow as tf

            return tf.ensure_shape(tf.numpy_function(np.asarray, [x], x.dtype), x.shape)

    return Opaque()


class Kind:
    """A function of settings that can be pickled."""

    def __init__(self, kind: str, columns: int) -> None:
        self.kind, self.columns = kind, columns

    def __call__(self, settings: Params) -> Any:
        return model(self.kind, settings, self.columns)


def cut(prepared: Prepared) -> Prepared:
    """150 rows, which make four batches of 32 and one of 22, and 70 for validation."""
    train, validation = prepared.train, prepared.validation
    return replace(
        prepared,
        train=Arrays(train.x[:ROWS], train.y[:ROWS]),
        validation=Arrays(validation.x[:VALIDATION], validation.y[:VALIDATION]),
    )


@pytest.fixture(scope="session")
def few(prepared: Prepared) -> Prepared:
    """A few rows of the Titanic."""
    return cut(prepared)


@pytest.fixture(scope="session")
def blueprints(few: Prepared) -> Make:
    """The blueprint of a kind of model; `searched` are further dimensions of its space."""

    def make(kind: str = "mlp", metrics: tuple[str, ...] = ("accuracy",), **searched: Any) -> Blueprint:
        columns = few.train.x.shape[1]
        loss = "mean_squared_error" if kind == "single" else "sparse_categorical_crossentropy"
        output = Output(1 if kind == "single" else 2, "softmax", loss, metrics)
        space = Space({**SPACE.dimensions, **searched})
        made = Kind(kind, columns)
        return Blueprint(space, SETTINGS, made, made, optimizer, (columns,), output)

    return make


def engine(blueprint: Blueprint, prepared: Prepared, name: str = "vectorized") -> Engine:
    return parts.engine(name).create(blueprint, prepared)


def trial(number: int = 1, seed: int = 11, **settings: Any) -> Trial:
    return Trial(number, {**SETTINGS, **settings}, seed=seed, epochs=20)


def with_numbers(numbers: str, blueprint: Blueprint, learning_rate: float) -> Trial:
    """A trial that encodes numbers in this way; if the scaling is searched, each row is scaled to length 1."""
    params: dict[str, Any] = {"width": 24, "depth": 2, "dropout": 0.0, "learning_rate": learning_rate}
    params |= {"numbers": numbers} | ({"bins": 4} if numbers != "standard" else {})
    params |= {"scale": "unit_rows"} if "scale" in blueprint.space.dimensions else {}
    return Trial(1, params, seed=11, epochs=20)


def trained(engine: Engine, trials: Sequence[Trial], epochs: int = 20) -> dict[int, tuple[Curve, Fitted]]:
    """Each trial's curve over `epochs` epochs and its weights after them."""
    curves: dict[int, Curve] = {t.number: {} for t in trials}
    left = {t.number: t for t in trials}
    done: dict[int, tuple[Curve, Fitted]] = {}
    for t in trials:
        engine.start(t, None)
    while left:
        for epoch in engine.step():
            for name, value in epoch.metrics.items():
                curves[epoch.trial].setdefault(name, []).append(value)
            if epoch.number == epochs:
                done[epoch.trial] = (curves[epoch.trial], engine.stop(left.pop(epoch.trial)))
    return done


def batches(trial: Trial, prepared: Prepared, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The trial's batches, epoch after epoch without end, in the order in which the engine takes them."""
    x, y, epoch = prepared.train.x, prepared.train.y, 0
    while True:
        epoch += 1
        rows = order(trial.seed, epoch, len(x))
        for start in range(0, len(x), size):
            yield x[rows[start : start + size]], y[rows[start : start + size]]


def fitted(
    blueprint: Blueprint, prepared: Prepared, trial: Trial, epochs: int = 20, callbacks: Sequence[Any] = ()
) -> tuple[Curve, list[np.ndarray]]:
    """The curve and the weights of a trial that `model.fit` trains on the same batches."""
    import keras

    settings = blueprint.settings(trial.params)
    keras.utils.set_random_seed(trial.seed)
    model = blueprint.model(settings)
    model.compile(blueprint.optimizer(settings), loss_of(blueprint.output), metrics=list(blueprint.output.metrics))
    size = int(settings["batch_size"])
    history = model.fit(
        batches(trial, prepared, size),
        steps_per_epoch=-(-len(prepared.train) // size),
        epochs=epochs,
        validation_data=(prepared.validation.x, prepared.validation.y),
        callbacks=list(callbacks),
        verbose=0,
    )
    return history.history, model.get_weights()


def assert_same(curve: Curve, reference: Curve, rel: float = 1e-4) -> None:
    for name, values in reference.items():
        # one row that crosses 0.5 moves an accuracy by a whole step; that is not a drift
        allowed = 1.01 / VALIDATION if "accuracy" in name else 0.0
        np.testing.assert_allclose(curve[name], values, rtol=rel, atol=allowed, err_msg=name)


def assert_stops_as_keras_does(
    own: Engine, blueprint: Blueprint, prepared: Prepared, titanic: Callable[..., Experiment], folder: Path
) -> None:
    """The loop ends a trial at the same epoch as Keras's `EarlyStopping`, with the same weights."""
    import keras

    class Quiet:
        def record(self, event: object) -> None: ...

    one = trial(learning_rate=0.02, patience=3, min_delta=0.0, start_from_epoch=0)
    study = Study.at(folder)
    experiment = titanic({"training.early_stopping.patience": 3})
    loop = Loop(Listed([one]), own, blueprint, experiment, Quiet(), study)  # type: ignore[arg-type]
    outcome = loop.run(Limits())[0]
    stop = keras.callbacks.EarlyStopping("val_loss", patience=3, restore_best_weights=True)
    curve, values = fitted(blueprint, prepared, one, callbacks=[stop])
    assert outcome.end is End.STOPPED_EARLY
    assert len(outcome.curve) == len(curve["loss"])
    assert outcome.best_epoch == stop.best_epoch + 1
    for mine, its in zip(study.weights[1].weights, values, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-5)
