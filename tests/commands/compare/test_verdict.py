"""The sentence that says which of two searches is better."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.commands.compare.verdict import Rival, verdict
from pipeline.values.confirmed import SQUARED_ERROR, Confirmed

ROWS = 200


def confirmed(mean: float, spread: float = 0.05) -> Confirmed:
    """Losses around `mean`; those of two means go up and down in different rows."""
    noise = np.random.default_rng(int(mean * 1000)).normal(0, spread, ROWS)
    losses = mean + noise - noise.mean()
    return Confirmed("log loss", "0" * 64, "Survived", tuple(range(ROWS)), tuple(losses.tolist()), 1e-6)


def between(one: Confirmed | None, other: Confirmed | None) -> str:
    return verdict(Rival("t-2", "titanic", one), Rival("t-1", "titanic", other))


def test_the_better_search_is_named_first_with_both_losses_and_the_interval() -> None:
    said = between(confirmed(0.421), confirmed(0.45))
    assert said.startswith("t-2 is better than t-1: confirmed log loss 0.4210 against 0.4500, 0.029 lower (95 % inter")
    other = between(confirmed(0.45), confirmed(0.421))
    assert other.startswith("t-1 is better than t-2: confirmed log loss 0.4210 against 0.4500, 0.029 lower (95 % ")
    low, high = (float(word) for word in said.rstrip(").").split("interval ")[1].split(" to "))
    assert 0 < low < 0.029 < high


@pytest.mark.parametrize(("mean", "word"), [(0.431, "lower"), (0.433, "higher")])
def test_what_could_be_chance_is_called_so(mean: float, word: str) -> None:
    said = between(confirmed(mean), confirmed(0.432))
    assert said.startswith(
        f"t-2 and t-1 cannot be told apart: confirmed log loss {mean:.4f} against 0.4320, 0.001 {word}"
    )
    assert ", which could be chance (95 % interval -0.0" in said
    low, high = (float(text) for text in said.rstrip(").").split("interval ")[1].split(" to "))
    assert (low + high) / 2 == pytest.approx(0.001, abs=3e-4)


def test_squared_errors_are_told_as_rmse() -> None:
    one, other = (replace(confirmed(mean), metric=SQUARED_ERROR) for mean in (16.0, 25.0))
    assert between(one, other).startswith("t-2 is better than t-1: confirmed RMSE 4.000 against 5.000, 1 lower (")


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (confirmed(0.4), None, "t-1 was not confirmed (make confirm EXP=titanic)"),
        (None, confirmed(0.4), "t-2 was not confirmed (make confirm EXP=titanic)"),
        (None, None, "they were not confirmed (make confirm EXP=titanic)"),
    ],
)
def test_an_unconfirmed_search_cannot_be_compared(one: Confirmed | None, other: Confirmed | None, why: str) -> None:
    assert between(one, other) == f"t-2 and t-1 cannot be compared: {why}."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"digest": "1" * 64}, "their data or their targets differ"),
        ({"target": "Age"}, "their data or their targets differ"),
        ({"rows": tuple(range(ROWS, 2 * ROWS))}, "they were confirmed on other rows or by another loss"),
        ({"metric": "accuracy"}, "they were confirmed on other rows or by another loss"),
    ],
)
def test_other_data_cannot_be_compared(change: dict[str, Any], why: str) -> None:
    said = between(replace(confirmed(0.4), **change), confirmed(0.4))
    assert said == f"t-2 and t-1 cannot be compared: {why}."
