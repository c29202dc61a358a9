"""Optuna's `study.optimize` with `model.fit`: over a list, or with its default sampler for a given time."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.workers import _plain


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """When each trial was told, its best validation loss and epochs, and the settings of the `best`.

    The trials are `configurations`. If these are empty, TPE with `seed` proposes trials for the `seconds` of the task.
    """
    import keras
    import optuna

    prepared = _plain.data()
    ready = time.time()
    told: list[float] = []
    epochs: list[int] = []

    def objective(trial: optuna.Trial) -> float:
        keras.backend.clear_session()
        settings = {
            "width": trial.suggest_int("width", 8, 128, step=8),
            "depth": trial.suggest_int("depth", 1, 4),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
        }
        model = _plain.model(settings, prepared.train.x.shape[1])
        fitting = _plain.fitting(prepared, task["epochs"])
        history = model.fit(prepared.train.x, prepared.train.y, **fitting)
        epochs.append(len(history.epoch))
        return float(min(history.history["val_loss"]))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    keras.utils.set_random_seed(task["seed"])
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=task["seed"]))
    for settings in task["configurations"]:
        study.enqueue_trial(settings)
    study.optimize(
        objective,
        n_trials=len(task["configurations"]) or None,
        timeout=task.get("seconds"),
        callbacks=[lambda *_: told.append(time.time())],
    )
    values = [trial.value for trial in study.trials]
    return {"ready": ready, "told": told, "epochs": epochs, "values": values, "best": study.best_params}
