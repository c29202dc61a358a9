"""What every engine promises to the loop."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.config import parts
from pipeline.engines import Engine
from pipeline.engines._probes import alive
from pipeline.preprocess import cut_folds, folded
from pipeline.tuning.early_stopping import Rule, Watch, judge
from pipeline.tuning.folds import Folds, on_fold
from pipeline.values.blueprint import Blueprint, loss_of
from pipeline.values.data import Prepared
from pipeline.values.trial import End, Epoch, Fitted, Trial, TrialFailed
from tests.conftest import Make

PARAMS = {"width": 16, "depth": 2, "dropout": 0.0, "learning_rate": 0.01}


@pytest.fixture(params=parts.names("engines"))
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def engine(name: str, blueprint: Blueprint, prepared: Prepared) -> Engine:
    return parts.engine(name).create(blueprint, prepared)


def trial(number: int = 1, *, epochs: int = 3, initial_epoch: int = 0, **params: float) -> Trial:
    return Trial(number, {**PARAMS, **params}, seed=11, epochs=epochs, initial_epoch=initial_epoch)


def epochs(engine: Engine, count: int) -> list[Epoch]:
    got: list[Epoch] = []
    for _ in range(100):
        got += engine.step()
        if len(got) >= count:
            return got
    raise AssertionError(f"no {count} epochs in 100 steps")


def scores(blueprint: Blueprint, prepared: Prepared, fitted: Fitted) -> float:
    """The validation loss of kept weights, computed again by Keras."""
    model = blueprint.model(blueprint.settings(PARAMS))
    model.set_weights(list(fitted.weights))
    model.compile(loss=loss_of(blueprint.output))
    return float(model.evaluate(prepared.validation.x, prepared.validation.y, verbose=0))


def test_epochs_are_numbered_and_measured(engine: Engine) -> None:
    engine.start(trial(), None)
    got = epochs(engine, 3)
    engine.stop(trial())
    assert [(e.trial, e.number) for e in got] == [(1, 1), (1, 2), (1, 3)]
    assert set(got[0].metrics) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"}
    assert got[0].metrics["learning_rate"] == pytest.approx(0.01)
    assert got[2].metrics["loss"] < got[0].metrics["loss"]


def test_an_empty_engine_makes_no_epochs(engine: Engine) -> None:
    assert list(engine.step()) == []


def test_kept_weights_are_those_of_the_epoch_they_were_kept_at(
    engine: Engine, blueprint: Blueprint, prepared: Prepared
) -> None:
    engine.start(trial(learning_rate=0.3), None)
    first = epochs(engine, 1)[0]
    engine.keep(trial(learning_rate=0.3))
    epochs(engine, 2)
    fitted = engine.stop(trial(learning_rate=0.3))
    assert scores(blueprint, prepared, fitted) == pytest.approx(first.metrics["val_loss"], rel=1e-4)


@pytest.mark.slow
def test_without_keeping_the_present_weights_come_back(
    engine: Engine, blueprint: Blueprint, prepared: Prepared
) -> None:
    engine.start(trial(), None)
    last = epochs(engine, 2)[-1]
    fitted = engine.stop(trial())
    assert scores(blueprint, prepared, fitted) == pytest.approx(last.metrics["val_loss"], rel=1e-4)
    assert fitted.parameters == sum(w.size for w in fitted.weights)


@pytest.mark.slow
def test_what_was_handed_out_does_not_change(engine: Engine) -> None:
    engine.start(trial(), None)
    epochs(engine, 1)
    fitted = engine.stop(trial())
    copies = [w.copy() for w in fitted.weights]
    engine.start(trial(2), fitted)
    epochs(engine, 2)
    engine.stop(trial(2))
    assert all(np.array_equal(a, b) for a, b in zip(copies, fitted.weights, strict=True))


def test_the_same_trial_gives_the_same_curve_and_weights(engine: Engine) -> None:
    def go() -> tuple[list[float], Fitted]:
        engine.start(trial(dropout=0.2), None)
        losses = [e.metrics["val_loss"] for e in epochs(engine, 3)]
        return losses, engine.stop(trial(dropout=0.2))

    (first, weights), (second, again) = go(), go()
    assert first == second
    assert all(np.array_equal(a, b) for a, b in zip(weights.weights, again.weights, strict=True))


@pytest.mark.slow
def test_a_child_starts_from_its_parents_weights_and_goes_on_counting(engine: Engine) -> None:
    engine.start(trial(), None)
    parent = epochs(engine, 3)
    fitted = engine.stop(trial())
    child = trial(2, epochs=6, initial_epoch=3, learning_rate=1e-6)
    engine.start(child, fitted)
    first = epochs(engine, 1)[0]
    engine.stop(child)
    assert first.number == 4
    assert first.metrics["val_loss"] == pytest.approx(parent[-1].metrics["val_loss"], rel=1e-3)


@pytest.mark.slow
def test_a_place_is_free_again_after_stop_before_the_budget_is_spent(engine: Engine) -> None:
    engine.start(trial(epochs=50), None)
    epochs(engine, 1)
    engine.stop(trial(epochs=50))
    engine.start(trial(2), None)
    assert epochs(engine, 1)[0].trial == 2
    engine.stop(trial(2))


def test_an_impossible_trial_fails_with_its_reason_and_the_next_one_runs(engine: Engine) -> None:
    with pytest.raises(TrialFailed) as failure:
        engine.start(trial(3, width=-4), None)
        engine.step()
    assert failure.value.trial == 3
    assert "-4" in failure.value.reason
    engine.start(trial(4), None)
    assert epochs(engine, 1)[0].trial == 4
    engine.stop(trial(4))


@pytest.mark.slow
def test_memory_that_is_not_there_fails_the_trial_alone(engine: Engine) -> None:
    with pytest.raises(TrialFailed) as failure:
        engine.start(trial(5, width=2_000_000, depth=2), None)
        engine.step()
    assert failure.value.trial == 5
    assert re.search("(?i)memory|oom|alloc", failure.value.reason)
    engine.start(trial(6), None)
    assert epochs(engine, 1)[0].trial == 6
    engine.stop(trial(6))


def test_a_blueprint_can_be_pickled(blueprint: Blueprint) -> None:
    copy = pickle.loads(pickle.dumps(blueprint))
    settings = blueprint.settings(PARAMS)
    assert copy.model(settings).count_params() == blueprint.model(settings).count_params()


@pytest.mark.slow
def test_units_are_dead_after_a_step_too_large_and_alive_after_small_ones(engine: Engine) -> None:
    def shares(learning_rate: float) -> dict[str, float]:
        one = trial(learning_rate=learning_rate)
        engine.start(one, None)
        epochs(engine, 2)
        return dict(engine.stop(one).diagnosis)

    good, bad = shares(0.01), shares(1e4)
    names = {"dead_units/all", "dead_units/layer_1", "dead_units/layer_2", "gradient_to_weight_norm"}
    assert set(good) == names
    assert good["dead_units/all"] < 0.2
    assert 0 < good["gradient_to_weight_norm"] < 1
    assert bad["dead_units/all"] > 0.4


@pytest.mark.slow
def test_the_diagnosis_is_of_the_epoch_whose_weights_are_kept(
    engine: Engine, blueprint: Blueprint, prepared: Prepared
) -> None:
    one = trial(learning_rate=0.3)
    engine.start(one, None)
    epochs(engine, 1)
    engine.keep(one)
    epochs(engine, 2)
    kept = engine.stop(one)
    engine.start(one, None)
    epochs(engine, 1)
    first = engine.stop(one)
    model = blueprint.model(blueprint.settings(PARAMS))
    model.set_weights(list(kept.weights))
    dead = 1 - sum(alive(model, prepared.validation.x)) / 32
    assert kept.diagnosis == pytest.approx(dict(first.diagnosis), rel=1e-5)
    assert kept.diagnosis["dead_units/all"] == pytest.approx(dead)


def test_a_trial_with_a_fold_trains_on_its_rows_and_is_judged_on_the_others(
    name: str, blueprint: Blueprint, prepared: Prepared
) -> None:
    cut = replace(prepared, validation=prepared.validation.at(np.arange(0)), folds=cut_folds(len(prepared.train), 3, 5))
    one = replace(trial(epochs=2), fold=1)
    engine = parts.engine(name).create(blueprint, cut)
    engine.start(one, None)
    last = epochs(engine, 2)[-1]
    fitted = engine.stop(one)
    _, judging = cut.parts(1)
    kept = scores(blueprint, replace(prepared, validation=judging), fitted)
    assert last.metrics["val_loss"] == pytest.approx(kept, rel=1e-4)


PATIENT = {"training.early_stopping.patience": 2, "search.folds": 3}


def on_all_folds(engine: Engine, one: Trial, blueprint: Blueprint, titanic: Make) -> list[Epoch]:
    """The epochs of a trial that `Folds` trains through an engine."""
    folds = Folds(engine, blueprint, titanic(PATIENT))
    folds.start(one, None)
    got: list[Epoch] = []
    for _ in range(200):
        for epoch in folds.step():
            got.append(epoch)
            if folds.judge(Rule(12), Watch(), epoch).end is not None:
                folds.stop(one)
                return got
    raise AssertionError("no end in 200 steps")


def by_hand(engine: Engine, one: Trial, blueprint: Blueprint, titanic: Make) -> Epoch:
    """The epoch that a training restores: an engine trains it alone, and it stops early."""
    watch, curve = Watch(), list[Epoch]()
    rule = Rule.of(titanic(PATIENT).training, blueprint.settings(one.params), one.epochs)
    engine.start(one, None)
    end: End | None = None
    while end is None:
        curve += epochs(engine, 1)
        judgement = judge(rule, watch, curve[-1])
        watch, end = judgement.watch, judgement.end
    engine.stop(one)
    return curve[(watch.kept or len(curve)) - 1]


@pytest.mark.slow
def test_a_trial_on_folds_is_the_mean_of_trainings_by_hand(
    name: str, blueprint: Blueprint, prepared: Prepared, titanic: Make
) -> None:
    cut = folded(prepared, titanic(), 3, seed=7)
    one = replace(trial(epochs=12, learning_rate=0.05), params={**blueprint.settings(PARAMS), "patience": 2})
    part = parts.engine(name)
    last = on_all_folds(part.create(blueprint, cut), one, blueprint, titanic)[-1]
    kept = [by_hand(part.create(blueprint, cut), on_fold(one, fold), blueprint, titanic) for fold in range(3)]
    assert len({epoch.number for epoch in kept}) > 1, "the folds stop at different epochs"
    for metric in ("loss", "val_loss", "val_accuracy"):
        assert last.metrics[metric] == pytest.approx(np.mean([e.metrics[metric] for e in kept]), rel=1e-4), metric


@pytest.mark.slow
def test_engines_agree_on_a_trial_on_folds(blueprint: Blueprint, prepared: Prepared, titanic: Make) -> None:
    cut = folded(prepared, titanic(), 3, seed=7)
    found = [
        on_all_folds(parts.engine(name).create(blueprint, cut), trial(epochs=12), blueprint, titanic)[-1].metrics
        for name in parts.names("engines")
    ]
    # their rows come in another order
    assert all(one["val_loss"] == pytest.approx(found[0]["val_loss"], rel=0.05) for one in found)
    assert all(one.keys() == found[0].keys() for one in found)
