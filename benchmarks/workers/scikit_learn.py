"""scikit-learn's MLPClassifier in Optuna's loop; it has no dropout."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workers import _by_hand, _plain
from pipeline.values.space import Params


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """What `_by_hand.searched` found; `partial_fit` trains an epoch."""
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    prepared = _plain.data()
    train, validation = prepared.train, prepared.validation

    def objective(settings: Params) -> tuple[float, int]:
        widths = [int(settings["width"])] * int(settings["depth"])
        rate = float(settings["learning_rate"])
        # as the others: no penalty on the weights
        model = MLPClassifier(widths, alpha=0.0, batch_size=_plain.BATCH, learning_rate_init=rate, random_state=7)
        kept: list[np.ndarray] = []

        def epoch() -> float:
            model.partial_fit(train.x, train.y, classes=[0, 1])
            return float(log_loss(validation.y, model.predict_proba(validation.x)))

        def keep() -> None:
            kept[:] = [values.copy() for values in (*model.coefs_, *model.intercepts_)]

        return _by_hand.stopped_early(task["epochs"], epoch, keep)

    # measured: two threads for such small products use 1.5 times the processor seconds, and no less time
    with threadpool_limits(1, "blas"):
        return _by_hand.searched(task, objective)
