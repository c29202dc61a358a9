"""KerasTuner's own loop over a list: a Tuner's `search` with an oracle that returns the entries of the list."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.processes import spent
from benchmarks.workers import _plain


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """When each of `configurations` was told, its best validation loss and its epochs."""
    import keras
    import keras_tuner as kt

    prepared = _plain.data()
    used = spent()
    ready = time.time()
    told: list[float] = []
    epochs: list[int] = []

    class Mlp(kt.HyperModel):  # type: ignore[misc]
        def build(self, hp: Any) -> keras.Model:
            settings = {
                "width": hp.Int("width", 8, 128, step=8),
                "depth": hp.Int("depth", 1, 4),
                "dropout": hp.Float("dropout", 0.0, 0.5),
                "learning_rate": hp.Float("learning_rate", 1e-4, 1e-1, sampling="log"),
            }
            return _plain.model(settings, prepared.train.x.shape[1])

        def fit(self, hp: Any, model: keras.Model, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
            history = model.fit(*args, **kwargs)
            epochs.append(len(history.epoch))
            return history

    class Listed(kt.Oracle):  # type: ignore[misc]
        def populate_space(self, trial_id: str) -> dict[str, Any]:  # noqa: ARG002
            number = len(self.start_order)
            if number == len(task["configurations"]):
                return {"status": "STOPPED", "values": None}
            return {"status": "RUNNING", "values": task["configurations"][number]}

    class Tuner(kt.Tuner):  # type: ignore[misc]
        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            told.append(time.time())

    keras.utils.set_random_seed(7)
    tuner = Tuner(Listed("val_loss"), Mlp(), directory=str(folder / "kept"), project_name="listed")
    tuner.search(prepared.train.x, prepared.train.y, **_plain.fitting(prepared, task["epochs"]))
    scores = {trial.trial_id: trial.score for trial in tuner.oracle.trials.values()}
    found = {"ready": ready, "spent": spent() - used}
    return {**found, "told": told, "epochs": epochs, "values": [scores[t] for t in tuner.oracle.end_order]}
