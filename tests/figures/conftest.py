import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from pipeline.values.space import Choice, Float, Int, Params, Space
from pipeline.values.trial import BASELINE, End, Epoch, Leaderboard, Outcome, Trial

MakeBoard: TypeAlias = Callable[[int], Leaderboard]

SPACE = Space(
    {
        "learning_rate": Float(1e-4, 1e-1, log=True),
        "width": Int(8, 128, step=8),
        "dropout": Float(0.0, 0.5),
        "activation": Choice(("relu", "tanh", "gelu")),
        "nesterov": Choice((True, False)),
        "kernel": Choice((3,)),
    }
)


@pytest.fixture
def space() -> Space:
    return SPACE


@pytest.fixture
def make_board() -> MakeBoard:
    return board


def board(trials: int) -> Leaderboard:
    """A search in which the learning rate matters most, the width a little and nothing else at all."""
    generator = np.random.default_rng(7)
    outcomes = [_outcome(n, SPACE.at(generator.random(6).tolist()), generator) for n in range(1, trials + 1)]
    params: Params = {"learning_rate": 0.01, "width": 32, "dropout": 0.0, "activation": "relu", "nesterov": False}
    baseline = _outcome(BASELINE, {**params, "kernel": 3, "optimizer": "sgd"}, generator)
    return Leaderboard.of("val_loss", outcomes, baseline, {})


def _outcome(number: int, params: Params, generator: np.random.Generator) -> Outcome:
    ends = [End.COMPLETE, End.STOPPED_EARLY, End.STOPPED_EARLY, End.PRUNED, End.FAILED]
    end = End.STOPPED_EARLY if number < 2 else generator.choice(np.array(ends), p=[0.2, 0.3, 0.2, 0.25, 0.05])
    rate = math.log10(float(params["learning_rate"]))
    floor = 0.4 + 0.08 * (rate + 2.4) ** 2 - 0.0003 * float(params["width"]) + generator.normal(0, 0.01)
    valued = end in (End.COMPLETE, End.STOPPED_EARLY)
    epochs = int(generator.integers(25, 60) if valued else generator.integers(1, 9))
    curve = []
    for e in range(1, epochs + 1):
        loss = floor - 0.05 + (0.75 - floor) * math.exp(-e * 10 ** (rate + 1)) - 0.001 * e
        noise, overfit = generator.normal(0, 0.006), 0.0012 * max(0, e - 20)
        metrics = {
            "loss": loss,
            "val_loss": loss + 0.05 + overfit + noise,
            "accuracy": 1.1 - loss,
            "val_accuracy": 1.05 - loss,
        }
        curve.append(Epoch(number, e, metrics, 0.05))
    if end is End.FAILED:
        curve.append(Epoch(number, epochs + 1, {"loss": 4e5, "val_loss": math.nan}, 0.05))
    best = min(curve, key=lambda epoch: epoch.metrics["val_loss"])
    return Outcome(
        Trial(number, params, number, 100),
        {**params, "batch_size": 32},
        end,
        best.metrics["val_loss"] if valued else None,
        best.number if valued else None,
        tuple(curve),
        seconds={"train": 1.5},
        parameters=1000,
    )
