"""Early stopping equals that of Keras on any curve."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tuning.early_stopping import Rule, Watch, judge
from pipeline.values.trial import End, Epoch

CURVES = st.lists(st.integers(0, 12).map(lambda k: k / 16), min_size=1, max_size=25)


def ours(rule: Rule, curve: list[float]) -> tuple[int, int]:
    """The epoch after which training ends, and the epoch whose weights it returns."""
    watch = Watch()
    for number, value in enumerate(curve, 1):
        epoch = Epoch(1, number, {rule.monitor or "": value})
        judgement = judge(rule, watch, epoch)
        watch = judgement.watch
        if judgement.end is not None:
            return number, watch.kept or number
    raise AssertionError("the rule did not end the trial at its last epoch")


def keras_own(rule: Rule, curve: list[float]) -> tuple[int, int]:
    """The same, computed by the callback of Keras; weights are the number of the epoch that made them."""
    import keras

    callback = keras.callbacks.EarlyStopping(
        monitor=rule.monitor,
        patience=rule.patience,
        min_delta=rule.min_delta,
        mode="max" if "accuracy" in str(rule.monitor) else "min",
        start_from_epoch=rule.start_from_epoch,
        restore_best_weights=rule.restore,
    )
    weights: list[Any] = [0]
    model = SimpleNamespace(stop_training=False, get_weights=lambda: weights[0], metrics=[])
    model.set_weights = lambda restored: weights.__setitem__(0, restored)
    callback._model = model
    callback.on_train_begin()
    last = 0
    for index, value in enumerate(curve):
        weights[0], last = index + 1, index + 1
        callback.on_epoch_end(index, {rule.monitor: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return last, weights[0]


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
@given(
    curve=CURVES,
    patience=st.integers(0, 5),
    min_delta=st.sampled_from([0.0, 1 / 16, 1 / 8]),
    start_from_epoch=st.integers(0, 6),
    restore=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_early_stopping_equals_that_of_keras(
    monitor: str, curve: list[float], patience: int, min_delta: float, start_from_epoch: int, restore: bool
) -> None:
    rule = Rule(len(curve), monitor, patience, min_delta, start_from_epoch, restore)
    assert ours(rule, curve) == keras_own(rule, curve)


def test_a_trial_without_early_stopping_ends_with_its_last_epoch() -> None:
    assert ours(Rule(4), [0.1, 0.2, 0.3, 0.4]) == (4, 4)


def test_a_trial_that_reaches_its_budget_is_complete_and_one_that_does_not_stopped_early() -> None:
    rule = Rule(3, "val_loss", patience=1)
    first = judge(rule, Watch(), Epoch(1, 1, {"val_loss": 1.0}))
    assert first.end is None
    assert judge(rule, first.watch, Epoch(1, 2, {"val_loss": 2.0})).end is End.STOPPED_EARLY
    assert judge(rule, first.watch, Epoch(1, 3, {"val_loss": 0.5})).end is End.COMPLETE
