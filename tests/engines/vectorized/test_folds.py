"""Trials with folds: each has rows of its own in shared arrays, and trains as `model.fit` does on these rows."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.preprocess import cut_folds
from pipeline.values.data import Prepared
from pipeline.values.trial import Trial
from tests.engines.conftest import Make, assert_same, engine, fitted, trained, trial

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

COUNT = 3


@pytest.fixture(scope="module")
def folded(few: Prepared) -> Prepared:
    """150 rows in three folds: 100 rows to train on, which make three batches of 32 and one of 4, and 50 that judge."""
    return replace(few, validation=few.validation.at(np.arange(0)), folds=cut_folds(len(few.train), COUNT, seed=3))


def alone(prepared: Prepared, fold: int) -> Prepared:
    """The rows of one fold as ordinary parts."""
    train, validation = prepared.parts(fold)
    return replace(prepared, train=train, validation=validation, folds=())


def of_fold(fold: int, **settings: object) -> Trial:
    return replace(trial(fold + 1, seed=fold + 5, **settings), fold=fold)


@pytest.mark.parametrize("kind", ["mlp", "normalized"])
def test_folds_in_one_lane_train_as_model_fit_does_on_their_rows(kind: str, blueprints: Make, folded: Prepared) -> None:
    trials = [of_fold(fold, width=16 + 8 * fold) for fold in range(COUNT)]
    ours = trained(engine(blueprints(kind), folded), trials)
    for one in trials:
        assert one.fold is not None
        curve, weights = ours[one.number]
        reference, values = fitted(blueprints(kind), alone(folded, one.fold), one)
        assert_same(curve, reference)
        assert [w.shape for w in weights.weights] == [v.shape for v in values]


def test_a_fold_gives_the_same_curve_alone_and_beside_others(blueprints: Make, folded: Prepared) -> None:
    trials = [of_fold(fold) for fold in range(COUNT)]
    together = trained(engine(blueprints(), folded), trials, epochs=5)
    by_itself = trained(engine(blueprints(), folded), trials[1:2], epochs=5)
    assert together[2][0] == by_itself[2][0]
    assert together[2][0]["val_loss"] != together[1][0]["val_loss"]
