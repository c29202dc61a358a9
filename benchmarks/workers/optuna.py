"""Optuna's `study.optimize` with `model.fit`: over a list, or with its default sampler for a given time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.workers import _by_hand, _plain
from pipeline.values.space import Params


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """What `_by_hand.searched` found; the model is Keras's."""
    import keras

    prepared = _plain.data()

    def objective(settings: Params) -> tuple[float, int]:
        keras.backend.clear_session()
        model = _plain.model(settings, prepared.train.x.shape[1])
        fitting = _plain.fitting(prepared, task["epochs"])
        history = model.fit(prepared.train.x, prepared.train.y, **fitting)
        return float(min(history.history["val_loss"])), len(history.epoch)

    keras.utils.set_random_seed(task["seed"])
    return _by_hand.searched(task, objective)
