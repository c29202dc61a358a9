"""Dropout with hashed bits drops as often as Keras's, and trains equally well."""

import numpy as np
import pytest

from pipeline.values.blueprint import loss_of
from pipeline.values.data import Prepared
from tests.engines.conftest import Make, engine, trained, trial


def test_the_bits_are_spread_evenly_and_differ_between_calls_and_seeds() -> None:
    from keras import ops

    from pipeline.engines.vectorized.dropout import LEVELS, halves

    draws = [np.asarray(halves(ops.convert_to_tensor(seed), 20_001)) for seed in ([7, 0], [7, 1], [8, 0])]
    for drawn in draws:
        counts = np.histogram(drawn, bins=64, range=(0, LEVELS))[0]
        assert ((counts - 20_001 / 64) ** 2 / (20_001 / 64)).sum() < 120  # 63 degrees of freedom: p about 1e-5
        assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(draws[0], draws[1])[0, 1]) < 0.03
    assert abs(np.corrcoef(draws[0], draws[2])[0, 1]) < 0.03


def test_a_layer_drops_at_its_rate_and_keeps_the_mean() -> None:
    import keras
    from keras import ops

    from pipeline.engines.vectorized.dropout import hash_dropouts

    model = keras.Sequential([keras.layers.Input((500,)), keras.layers.Dropout(0.3)])
    hash_dropouts(model)
    out = np.asarray(model(ops.ones((40, 500)), training=True))
    assert np.mean(out == 0) == pytest.approx(0.3, abs=0.01)
    assert out.max() == pytest.approx(1 / 0.7, rel=1e-4)
    assert np.array_equal(np.asarray(model(ops.ones((4, 500)))), np.ones((4, 500), np.float32))


@pytest.mark.no_cover
@pytest.mark.slow
def test_the_mean_over_seeds_is_that_of_fit(blueprints: Make, few: Prepared) -> None:
    import keras

    blueprint = blueprints()
    trials = [trial(i, seed=i, dropout=0.4, width=32) for i in range(1, 21)]
    mine = trained(engine(blueprint, few), trials, epochs=8)
    model = blueprint.model(trials[0].params)
    model.compile(blueprint.optimizer(trials[0].params), loss_of(blueprint.output))
    model.optimizer.build(model.trainable_variables)
    fresh = [np.asarray(v) for v in model.optimizer.variables]
    differences = []
    for one in trials:  # one model, reset for each trial: compiling it takes longer than training it
        keras.utils.set_random_seed(one.seed)
        first = blueprint.model(one.params)
        for variable, value in zip(model.variables, first.variables, strict=False):
            variable.assign(value)
        for variable, number in zip(model.optimizer.variables, fresh, strict=True):
            variable.assign(number)
        model.fit(few.train.x, few.train.y, epochs=8, verbose=0)
        loss = model.evaluate(few.validation.x, few.validation.y, verbose=0)
        differences.append(mine[one.number][0]["val_loss"][-1] - loss)
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    assert abs(np.mean(differences)) < 2.6 * error  # 99 %
