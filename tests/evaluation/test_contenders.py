"""The rows of a report and its comparisons, from predictions."""

import math

import numpy as np
import pytest
from sklearn import metrics

from pipeline.evaluation.contenders import Contender, comparisons, rows
from pipeline.values.data import Task

TRUTH = np.random.default_rng(1).integers(0, 2, 300)


def answers(seed: int, skill: float) -> np.ndarray:
    """Probabilities of two classes; with more `skill`, nearer to the truth."""
    logits = np.random.default_rng(seed).normal(size=300) + skill * (2 * TRUTH - 1)
    positive = 1 / (1 + np.exp(-logits))
    found: np.ndarray = np.c_[1 - positive, positive]
    return found


CHAMPION = Contender("champion", "champion", "", tuple(answers(seed, 1.5) for seed in range(12)))
SINGLE = Contender("single", "one model", "", CHAMPION.members[:4], single=True)
WEAK = Contender("untuned", "untuned", "one untuned model", tuple(answers(seed, 0.1) for seed in (20, 21)), single=True)


def test_averaged_answers_are_scored_as_one_model_and_single_ones_each() -> None:
    champion, single = rows(Task.BINARY, TRUTH, [CHAMPION, SINGLE], seed=7, scale=1.0)
    mean = np.mean(CHAMPION.members, axis=0)
    assert champion.scores["log_loss"].value == pytest.approx(metrics.log_loss(TRUTH, mean))
    each = [metrics.log_loss(TRUTH, member) for member in SINGLE.members]
    assert single.scores["log_loss"].value == pytest.approx(np.mean(each))
    assert single.scores["log_loss"].sd == pytest.approx(np.std(each, ddof=1))


def test_the_champion_is_compared_with_every_rival_but_not_with_its_own_single_models() -> None:
    found = comparisons(Task.BINARY, TRUTH, [CHAMPION, SINGLE, WEAK])
    assert [(c.metric, c.name) for c in found] == [("log_loss", "untuned"), ("accuracy", "untuned")]
    assert found[0].advantage.low > 0
    assert found[0].sentence.startswith("beats one untuned model by")


def test_a_champion_that_does_not_beat_the_constant_is_not_said_to_beat_another_network() -> None:
    worse = tuple(1 - answers(seed, 1.5) for seed in (20, 21))
    untuned = Contender("untuned", "untuned", "one untuned model", worse, single=True)
    constant = Contender("dummy", "constant", "the constant", (np.mean(CHAMPION.members, axis=0),))
    found = comparisons(Task.BINARY, TRUTH, [CHAMPION, untuned, constant])
    assert found[0].advantage.low > 0
    assert not any(c.beats for c in found)


def test_a_regression_is_also_scored_by_the_loss_of_its_training() -> None:
    truth = np.linspace(0, 100, 50)
    (row,) = rows(Task.REGRESSION, truth, [Contender("champion", "", "", (truth + 3, truth + 1))], seed=7, scale=10.0)
    assert row.scores["rmse"].value == pytest.approx(2)
    assert row.scores["standardized_mse"].value == pytest.approx(0.04)
    assert math.isclose(row.scores["mae"].value, 2)
