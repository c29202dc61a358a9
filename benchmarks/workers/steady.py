"""Epochs of one model in steady state: `model.fit`'s later ones, or those of a full engine after it is compiled."""

import itertools
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.configurations import plain
from benchmarks.ours import ready
from pipeline.config import parts
from pipeline.values.blueprint import loss_of
from pipeline.values.trial import Trial, trial_seed

if TYPE_CHECKING:
    from pipeline.values.blueprint import Blueprint
    from pipeline.values.data import Prepared
    from pipeline.values.space import Scalar


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """Seconds per epoch and trial in each of `blocks` of `epochs`, for a model of `params`.

    With an `edge`, also the seconds that matrix products of that size take before and after. Also the shape of each
    layer's kernel, in order, and the number of rows.
    """
    prepared, blueprint = ready(plain())
    product = [_product(task["edge"]) for _ in range(task["blocks"])] if task["edge"] else []
    seconds = (_fit if task["engine"] == "fit" else _full)(blueprint, prepared, task)
    product += [_product(task["edge"]) for _ in range(task["blocks"])] if task["edge"] else []
    kernels = [w.shape for w in blueprint.model(blueprint.settings(task["params"])).weights if len(w.shape) == 2]
    rows = (len(prepared.train), len(prepared.validation))
    return {"seconds": seconds, "product": product, "kernels": [[int(a), int(b)] for a, b in kernels], "rows": rows}


def _full(blueprint: "Blueprint", prepared: "Prepared", task: Mapping[str, Any]) -> list[float]:
    from pipeline.engines.vectorized.plan import SLOTS

    trials = SLOTS if task["engine"] == "vectorized" else len(os.sched_getaffinity(0))
    engine = parts.engine(task["engine"]).create(blueprint, prepared, trials)
    params: dict[str, Scalar] = task["params"]
    for number in range(1, trials + 1):
        engine.start(Trial(number, params, trial_seed(7, number), task["epochs"] * (task["blocks"] + 1)), None)
    seconds = []
    for _ in range(task["blocks"] + 1):
        began = time.perf_counter()
        made = 0
        while made < task["epochs"] * trials:
            made += len(engine.step())
        seconds.append((time.perf_counter() - began) / made)
    return seconds[1:]


def _fit(blueprint: "Blueprint", prepared: "Prepared", task: Mapping[str, Any]) -> list[float]:
    import keras

    settings = blueprint.settings(task["params"])
    model = blueprint.model(settings)
    model.compile(blueprint.optimizer(settings), loss_of(blueprint.output), metrics=list(blueprint.output.metrics))
    times: list[float] = []
    model.fit(
        prepared.train.x,
        prepared.train.y,
        batch_size=int(settings["batch_size"]),
        epochs=task["epochs"] * task["blocks"] + 2,
        validation_data=(prepared.validation.x, prepared.validation.y),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))],
        verbose=0,
    )
    # the first epoch is traced, and the second still warms up
    ends = times[1 :: task["epochs"]]
    return [(after - before) / task["epochs"] for before, after in itertools.pairwise(ends)]


def _product(edge: int) -> float:
    """Seconds of a float32 matrix product, the faster of TensorFlow's and NumPy's."""
    import tensorflow as tf

    square = np.random.default_rng(0).random((edge, edge), dtype=np.float32)
    tensor = tf.constant(square)
    # the engine `dense` limits NumPy's library to one thread
    with threadpool_limits(len(os.sched_getaffinity(0)), "blas"):
        return min(_once(lambda: tf.matmul(tensor, tensor).numpy()), _once(lambda: square @ square))


def _once(multiply: Any, times: int = 10) -> float:
    multiply()
    began = time.perf_counter()
    for _ in range(times):
        multiply()
    return (time.perf_counter() - began) / times
