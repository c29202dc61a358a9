"""Models with much arithmetic, trained by one engine: on repeated rows of the Titanic, and a small CNN."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.configurations import plain
from benchmarks.ours import imported, ready
from pipeline.build import optimizer
from pipeline.config import parts
from pipeline.values.blueprint import Blueprint, Output
from pipeline.values.data import Arrays, Prepared
from pipeline.values.space import Float, Params, Space
from pipeline.values.trial import Trial, trial_seed

if TYPE_CHECKING:
    import keras

SHAPE: Final = (28, 28, 1)
CLASSES: Final = 10


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """Seconds that an engine takes for all of `listed`, `epochs` each, without imports; and their last losses."""
    imported(task["engine"])
    prepared, blueprint = ready(plain())
    if task["images"]:
        prepared, blueprint = replace(prepared, train=_images(task["images"]), validation=_images(256)), _cnn()
    else:
        prepared = replace(prepared, train=_tiled(prepared.train, task["copies"]))
    began = time.perf_counter()
    losses = _trained(blueprint, prepared, task)
    return {"seconds": time.perf_counter() - began, "losses": losses}


def _trained(blueprint: Blueprint, prepared: Prepared, task: Mapping[str, Any]) -> dict[int, float]:
    part = parts.engine(task["engine"])
    engine = part.create(blueprint, prepared, len(task["listed"]))
    waiting = [Trial(i, p, trial_seed(7, i), task["epochs"]) for i, p in enumerate(task["listed"], start=1)]
    flying: dict[int, Trial] = {}
    losses: dict[int, float] = {}
    while waiting or flying:
        while waiting and len(flying) < engine.capacity:
            trial = waiting.pop(0)
            engine.start(trial, None)
            flying[trial.number] = trial
        for epoch in engine.step():
            losses[epoch.trial] = epoch.metrics["loss"]
            if epoch.number == task["epochs"]:
                engine.stop(flying.pop(epoch.trial))
    return losses


def _tiled(arrays: Arrays, copies: int) -> Arrays:
    return Arrays(np.tile(arrays.x, (copies, 1)), np.tile(arrays.y, copies))


def _images(count: int) -> Arrays:
    """Images that are a pattern for each class plus noise."""
    random = np.random.default_rng(0)
    y = random.integers(0, CLASSES, count).astype(np.int32)
    patterns = random.random((CLASSES, *SHAPE), dtype=np.float32)
    return Arrays(patterns[y] + random.random((count, *SHAPE), dtype=np.float32), y)


def _cnn() -> Blueprint:
    space = Space({"learning_rate": Float(1e-4, 1e-2, log=True)})
    output = Output(CLASSES, "softmax", "sparse_categorical_crossentropy", ("accuracy",))
    return Blueprint(space, {"optimizer": "adam", "batch_size": 128}, _model, _model, optimizer, SHAPE, output)


def _model(settings: Params) -> "keras.Model":  # noqa: ARG001
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(SHAPE),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
