"""What the loops of libraries without Keras share: Optuna's loop, and early stopping as Keras does it."""

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarks.processes import spent
from benchmarks.workers import _plain
from pipeline.values.space import Params

if TYPE_CHECKING:
    import optuna


def searched(task: Mapping[str, Any], objective: Callable[[Params], tuple[float, int]]) -> dict[str, Any]:
    """When each trial was told, its best validation loss and epochs, and the settings of the `best`.

    `objective` gives loss and epochs of settings. The trials are `configurations`. If these are empty, TPE with `seed`
    proposes trials for the `seconds` of the task.
    """
    import optuna

    used = spent()
    ready = time.time()
    told: list[float] = []
    epochs: list[int] = []

    def tried(trial: "optuna.Trial") -> float:
        settings = {
            "width": trial.suggest_int("width", 8, 128, step=8),
            "depth": trial.suggest_int("depth", 1, 4),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
        }
        value, count = objective(settings)
        epochs.append(count)
        return value

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=task["seed"]))
    for settings in task["configurations"]:
        study.enqueue_trial(settings)
    study.optimize(
        tried,
        n_trials=len(task["configurations"]) or None,
        timeout=task.get("seconds"),
        callbacks=[lambda *_: told.append(time.time())],
    )
    values = [trial.value for trial in study.trials]
    found = {"ready": ready, "told": told, "spent": spent() - used}
    return {**found, "epochs": epochs, "values": values, "best": study.best_params}


def stopped_early(epochs: int, epoch: Callable[[], float], keep: Callable[[], None]) -> tuple[float, int]:
    """The best loss and the number of epochs, `epochs` at most; `epoch` trains one and gives its validation loss.

    `keep` is called after each epoch that is the best so far.
    """
    best, waited = math.inf, 0
    for number in range(1, epochs + 1):
        loss = epoch()
        if loss < best:
            best, waited = loss, 0
            keep()
        else:
            waited += 1
            if waited >= _plain.PATIENCE:
                return best, number
    return best, epochs
