"""A plain PyTorch loop in Optuna's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.workers import _by_hand, _plain
from pipeline.values.space import Params


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """What `_by_hand.searched` found."""
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy

    prepared = _plain.data()
    x, y, x_validation, y_validation = (
        torch.from_numpy(values)
        for part in (prepared.train, prepared.validation)
        for values in (part.x, part.y.astype("int64"))
    )

    def objective(settings: Params) -> tuple[float, int]:
        layers: list[Any] = []
        inputs, width = x.shape[1], int(settings["width"])
        for _ in range(int(settings["depth"])):
            layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(float(settings["dropout"]))]
            inputs = width
        model = nn.Sequential(*layers, nn.Linear(inputs, 2))
        optimizer = torch.optim.Adam(model.parameters(), float(settings["learning_rate"]))
        kept: dict[str, Any] = {}

        def epoch() -> float:
            model.train()
            for rows in torch.randperm(len(x)).split(_plain.BATCH):
                optimizer.zero_grad()
                cross_entropy(model(x[rows]), y[rows]).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                return float(cross_entropy(model(x_validation), y_validation))

        def keep() -> None:
            kept.update({name: values.clone() for name, values in model.state_dict().items()})

        return _by_hand.stopped_early(task["epochs"], epoch, keep)

    # measured: with 2 threads for such small products it takes ten times as long
    torch.set_num_threads(1)
    torch.manual_seed(task["seed"])
    return _by_hand.searched(task, objective)
