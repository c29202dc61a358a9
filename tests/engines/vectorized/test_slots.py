"""A trial's numbers do not depend on the trials in other slots, or on when it began."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.build import build
from pipeline.engines.vectorized.engine import VectorizedEngine
from pipeline.engines.vectorized.lanes import Lanes
from pipeline.values.data import Prepared
from pipeline.values.space import Choice, Params
from pipeline.values.trial import Trial
from tests.conftest import Make as Titanic
from tests.engines.conftest import Make, assert_same, engine, fitted, inside, trained, trial

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]


def test_a_curve_is_the_same_alone_and_amid_others_that_start_and_end_at_other_times(
    blueprints: Make, few: Prepared
) -> None:
    one = trial(dropout=0.3)
    alone = trained(engine(blueprints(), few), [one], epochs=10)[1][0]
    crowd = [trial(i, seed=i, dropout=0.1 + i / 100, width=8 + i, learning_rate=0.001 * i) for i in range(2, 33)]
    amid = trained(engine(blueprints(), few), [*crowd[:20], one, *crowd[20:]], epochs=10)[1][0]
    for name, values in alone.items():
        np.testing.assert_allclose(amid[name], values, rtol=1e-5, err_msg=name)


def test_a_trial_that_becomes_nan_changes_no_bit_of_its_neighbours(blueprints: Make, few: Prepared) -> None:
    well = [trial(1), trial(2, seed=5, width=40)]
    wild = trial(3, learning_rate=1e30, optimizer="adam")
    tame = trial(3, learning_rate=0.01)
    with_wild, with_tame = (
        trained(engine(blueprints(), few), [well[0], third, well[1]], epochs=6) for third in (wild, tame)
    )
    assert not math.isfinite(with_wild[3][0]["loss"][-1])
    for one in well:
        assert with_wild[one.number][0] == with_tame[one.number][0]
        for a, b in zip(with_wild[one.number][1].weights, with_tame[one.number][1].weights, strict=True):
            assert np.array_equal(a, b)


def test_trials_of_one_optimizer_share_a_lane_whatever_others_are_searched_for(titanic: Titanic, few: Prepared) -> None:
    experiment = titanic(
        {
            "training.optimizer": ["adam", "sgd"],
            "training.momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer": "sgd"}},
            "model.dropout": {"low": 0.1, "high": 0.5, "when": {"width": [64]}},
            "model.width": [32, 64],
        }
    )
    blueprint = build(experiment, few)
    lanes = Lanes(blueprint, few)
    shares = [(i * 0.618 % 1, i * 0.271 % 1, i * 0.414 % 1) for i in range(12)]
    found: dict[tuple[Any, ...], set[int]] = {}
    for i, (one, two, three) in enumerate(shares, start=1):
        params = blueprint.space.at([one, 0.5, three, two, one, two])
        lane = lanes.take(Trial(i, params, seed=i, epochs=3), blueprint.settings(params), None)
        found.setdefault((params["optimizer"], "dropout" in params), set()).add(id(lane))
    assert [len(lane) for lane in found.values()] == [1] * 4
    assert len(set.union(*found.values())) == 4


def test_what_comes_in_which_order_follows_from_the_trials_alone(blueprints: Make, few: Prepared) -> None:
    trials = [trial(i, seed=i, width=8 * i, depth=1 + i % 2) for i in range(1, 8)]

    def steps() -> list[list[tuple[int, int]]]:
        own = engine(blueprints(), few)
        for one in trials:
            own.start(one, None)
        return [[(epoch.trial, epoch.number) for epoch in own.step()] for _ in range(8)]

    assert steps() == steps()


def test_a_setting_that_a_model_reads_without_effect_parts_no_lanes(blueprints: Make, few: Prepared) -> None:
    blueprint = blueprints("fickle")
    lanes = Lanes(blueprint, few)
    trials = [trial(i, learning_rate=rate) for i, rate in enumerate((0.002, 0.01, 0.05), 1)]
    assert len({id(lanes.take(one, one.params, None)) for one in trials}) == 1


def test_a_setting_whose_effect_shows_late_parts_lanes_from_then_on(blueprints: Make, few: Prepared) -> None:
    trials = [trial(i, learning_rate=rate) for i, rate in enumerate((0.01, 5e-4, 0.02, 5e-4), 1)]
    amid = trained(engine(blueprints("fickle"), few), trials, epochs=5)
    for one in trials:
        alone = trained(engine(blueprints("fickle"), few), [one], epochs=5)[one.number]
        assert [w.shape for w in amid[one.number][1].weights] == [w.shape for w in alone[1].weights]
        for name, values in alone[0].items():
            np.testing.assert_allclose(amid[one.number][0][name], values, rtol=1e-5, err_msg=name)
    assert len(amid[2][1].weights) == len(amid[1][1].weights) + 2


class Fronted:
    """Makes models that are given each column, or each column and its double, in one order or the other."""

    def __init__(self, columns: int) -> None:
        self.columns = columns

    def __call__(self, settings: Params) -> Any:
        import keras

        entry = outputs = keras.layers.Input((self.columns,))
        double = keras.layers.Rescaling(2.0)
        if settings["front"] == "double last":
            outputs = keras.layers.Concatenate()([entry, double(entry)])
        if settings["front"] == "double first":
            outputs = keras.layers.Concatenate()([double(entry), entry])
        for layer in (*inside("mlp", settings), keras.layers.Dense(2, activation="softmax")):
            outputs = layer(outputs)
        return keras.Model(entry, outputs)


@pytest.mark.parametrize(
    ("other", "optimizer", "lanes"),
    [("double last", "adam", 1), ("double first", "adam", 2), ("double last", "adafactor", 2)],
)
def test_models_with_more_inputs_train_others_only_if_padding_is_harmless(
    other: str, optimizer: str, lanes: int, blueprints: Make, few: Prepared
) -> None:
    model = Fronted(few.train.x.shape[1])
    blueprint = replace(blueprints(front=Choice(("plain", other))), model=model, answering=model)
    trials = [trial(i, i, width=24, front=front, optimizer=optimizer) for i, front in ((1, "plain"), (2, other))]
    own = engine(blueprint, few)
    assert isinstance(own, VectorizedEngine)
    curves = trained(own, trials)
    assert len(list(own.lanes)) == lanes
    for one in trials:
        assert_same(curves[one.number][0], fitted(blueprint, few, one)[0], rel=1e-3)
