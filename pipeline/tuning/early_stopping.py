"""When a trial ends: by early stopping or after its last epoch. The rule is the same for all engines.

The rule is that of `keras.callbacks.EarlyStopping` with `restore_best_weights`, as a pure (state, epoch) → state:
https://keras.io/api/callbacks/early_stopping/.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

from pipeline.config.experiment import Training
from pipeline.values.space import Params
from pipeline.values.trial import Direction, End, Epoch


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """How a trial is judged; without `monitor` it ends only at its last epoch, `epochs`."""

    epochs: int
    monitor: str | None = None
    patience: int = 0
    min_delta: float = 0.0
    start_from_epoch: int = 0
    restore: bool = True

    @staticmethod
    def of(training: Training, settings: Params, epochs: int) -> "Rule":
        """The rule of a trial that may run until epoch `epochs`; its setting `epochs` is a limit too."""
        epochs = min(epochs, int(settings["epochs"]))
        if not training.early_stopping:
            return Rule(epochs)
        return Rule(
            epochs,
            training.early_stopping.monitor,
            int(settings["patience"]),
            float(settings["min_delta"]),
            int(settings["start_from_epoch"]),
            training.early_stopping.restore_best_weights,
        )


@final
@dataclass(frozen=True, slots=True)
class Watch:
    """What is known about a trial so far; `kept` is the epoch whose weights are kept."""

    best: float | None = None
    kept: int | None = None
    wait: int = 0


@final
@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision after an epoch: keep its weights or not, end the trial or not."""

    watch: Watch
    keep: bool
    end: End | None


Judge: TypeAlias = Callable[[Rule, Watch, Epoch], Judgement]
"""What judges a trial's newest epoch."""


def judge(rule: Rule, watch: Watch, epoch: Epoch) -> Judgement:
    """The judgement of a trial's newest epoch."""
    last = End.COMPLETE if epoch.number >= rule.epochs else None
    if rule.monitor is None or epoch.number - 1 < rule.start_from_epoch:
        return Judgement(watch, keep=False, end=last)
    value = epoch.metrics[rule.monitor]
    if _improves(rule, value, watch.best):
        return Judgement(Watch(value, epoch.number if rule.restore else None), keep=rule.restore, end=last)
    wait = watch.wait + 1
    out = wait >= rule.patience and epoch.number > 1
    return Judgement(Watch(watch.best, watch.kept, wait), keep=False, end=last or (End.STOPPED_EARLY if out else None))


def _improves(rule: Rule, value: float, best: float | None) -> bool:
    if best is None:
        return True
    assert rule.monitor is not None  # noqa: S101
    if Direction.of(rule.monitor) is Direction.MINIMIZE:
        return value + rule.min_delta < best
    return value - rule.min_delta > best


def not_finite(epoch: Epoch, objective: str) -> str:
    """What is wrong with an epoch's numbers, in words; empty if nothing is."""
    for name in ("loss", "val_loss", objective):
        value = epoch.metrics.get(name, 0.0)
        if not math.isfinite(value):
            return f"{name} became {value} in epoch {epoch.number}: the learning rate may be too high"
    return ""
