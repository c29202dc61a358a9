"""A verdict looks at rows and at models: a procedure compared with itself must rarely win."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.evaluation.scores import Score
from pipeline.evaluation.verdict import advantage, averaged, contest, figure, jackknife, singles
from pipeline.values.confirmed import SQUARED_ERROR, Confirmed
from pipeline.values.data import Task


def probabilities(logits: np.ndarray) -> np.ndarray:
    shares = 1 / (1 + np.exp(-logits))
    return np.column_stack([1 - shares, shares])


def models(generator: np.random.Generator, rows: int, count: int, spread: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """Labels, and models of one procedure: each is the truth with an error of its own that all its rows share."""
    x = generator.normal(size=rows)
    truth = (generator.random(rows) < 1 / (1 + np.exp(-2 * x))).astype(int)
    return truth, [probabilities(2 * x + spread * generator.normal() * np.sign(x)) for _ in range(count)]


def test_the_average_of_members_is_scored_as_one_model() -> None:
    truth = np.array([0, 1, 1, 0])
    members = [probabilities(np.array([-1.0, 2.0, 0.5, 1.0])), probabilities(np.array([0.3, 1.0, -0.5, -2.0]))]
    found = averaged(Task.BINARY, truth, members)["log_loss"]
    mean = (members[0] + members[1]) / 2
    assert found.value == pytest.approx(-np.log(mean[np.arange(4), truth]).mean())
    assert found.models > 0


def test_a_single_model_is_the_mean_of_several_with_a_share_of_their_variance() -> None:
    truth, members = models(np.random.default_rng(3), 300, 4, 0.8)
    values = [averaged(Task.BINARY, truth, [member])["log_loss"].value for member in members]
    found = singles(Task.BINARY, truth, members)["log_loss"]
    assert found.value == pytest.approx(np.mean(values))
    assert found.models == pytest.approx(np.var(values, ddof=1) / 4)


def test_the_jackknife_of_a_mean_is_its_variance() -> None:
    values = np.array([3.0, 5.0, 4.0, 9.0])
    without = [float(np.delete(values, i).mean()) for i in range(4)]
    assert jackknife(without) == pytest.approx(np.var(values, ddof=1) / 4)


def test_a_better_model_wins_in_every_metric_and_a_rmse_is_in_the_targets_units() -> None:
    generator = np.random.default_rng(5)
    truth = generator.normal(100, 20, 500)
    good, bad = truth + generator.normal(0, 2, 500), truth + generator.normal(0, 6, 500)
    sides = [averaged(Task.REGRESSION, truth, [predicted]) for predicted in (good, bad)]
    for metric, gain in {"rmse": 4.0, "mae": 3.2}.items():
        found = advantage(sides[0][metric], sides[1][metric], metric)
        assert found.low > 0
        assert found.value == pytest.approx(gain, rel=0.15)


def test_the_interval_of_a_rmse_agrees_with_a_bootstrap() -> None:
    generator = np.random.default_rng(8)
    truth = generator.normal(0, 1, 400)
    one, other = truth + generator.normal(0, 0.5, 400), truth + generator.normal(0, 0.6, 400)
    sides = [averaged(Task.REGRESSION, truth, [predicted])["rmse"] for predicted in (one, other)]
    found = advantage(sides[0], sides[1], "rmse")
    drawn = generator.integers(0, 400, (2000, 400))
    rmse = [np.sqrt(((predicted - truth)[drawn] ** 2).mean(axis=1)) for predicted in (one, other)]
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * (rmse[1] - rmse[0]).std(), rel=0.1)


def test_a_confirmed_loss_is_told_with_its_interval_and_squared_errors_as_rmse() -> None:
    errors = np.random.default_rng(8).normal(0, 3, 400)
    squares = tuple((errors**2).tolist())
    known = Confirmed("log loss", "0", "y", tuple(range(400)), squares, 0.25)
    name, loss = figure(known)
    half = 1.96 * np.sqrt(np.var(squares, ddof=1) / 400 + 0.25)
    assert name == "log loss"
    assert [loss.low, loss.value, loss.high] == pytest.approx(np.mean(squares) + half * np.array([-1, 0, 1]), rel=1e-4)
    name, rmse = figure(replace(known, metric=SQUARED_ERROR))
    assert name == "RMSE"
    assert rmse.value == pytest.approx(np.sqrt(np.mean(squares)))
    # the root of the interval's ends, as far as a straight line is a root
    assert [rmse.low, rmse.high] == pytest.approx(np.sqrt([loss.low, loss.high]), rel=0.02)
    assert figure(replace(known, metric=SQUARED_ERROR, losses=(0.0,) * 400))[1].value == 0


def test_two_confirmed_losses_are_compared_on_their_common_rows() -> None:
    one = Confirmed("log loss", "d", "y", (1, 2, 3, 9), (0.1, 0.2, 0.6, 7.0), 1e-6)
    other = Confirmed("log loss", "d", "y", (3, 2, 1, 4), (0.7, 0.5, 0.2, 9.0), 2e-6)
    found = contest(one, other)
    assert found is not None
    gained = np.array([0.1, 0.3, 0.1])
    half = 1.959964 * np.sqrt(gained.var(ddof=1) / 3 + 3e-6)
    assert found.name == "log loss"
    assert (found.of, found.over) == pytest.approx((0.3, 1.4 / 3))
    assert (found.advantage.low, found.advantage.value, found.advantage.high) == pytest.approx(
        (gained.mean() - half, gained.mean(), gained.mean() + half)
    )


def test_squared_errors_are_compared_as_rmse() -> None:
    rows = tuple(range(4))
    one = Confirmed(SQUARED_ERROR, "d", "y", rows, (14.0, 18.0, 16.0, 16.0), 0.0)
    found = contest(one, replace(one, losses=(24.0, 26.0, 25.0, 25.0)))
    assert found is not None
    assert (found.name, found.of, found.over) == ("RMSE", 4, 5)
    assert found.advantage.value == pytest.approx(1)


@pytest.mark.parametrize("change", [{"metric": "accuracy"}, {"digest": "e"}, {"target": "z"}, {"rows": (2, 8, 9)}])
def test_other_data_another_loss_or_other_rows_cannot_be_compared(change: dict[str, Any]) -> None:
    one = Confirmed("log loss", "d", "y", (1, 2, 3), (0.1, 0.2, 0.6), 0.0)
    assert contest(one, replace(one, **change)) is None


def test_a_procedure_rarely_beats_itself_and_by_rows_alone_it_often_does() -> None:
    by_both, by_rows = [], []
    for seed in range(300):
        truth, members = models(np.random.default_rng(seed), 400, 8, 0.6)
        sides = [singles(Task.BINARY, truth, half)["log_loss"] for half in (members[:4], members[4:])]
        by_both.append(_claims(advantage(sides[0], sides[1], "log_loss")))
        alone = [averaged(Task.BINARY, truth, [member])["log_loss"] for member in (members[0], members[4])]
        by_rows.append(_claims(advantage(alone[0], alone[1], "log_loss")))
    assert np.mean(by_rows) > 0.25
    assert np.mean(by_both) < 0.15


def _claims(found: Score) -> bool:
    return found.low > 0 or found.high < 0
