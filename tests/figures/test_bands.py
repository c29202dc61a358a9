"""The bands around the curves of trials that were trained on several folds."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.figures import bands
from pipeline.figures.chart import BASELINE, BEST, Chart, Series, Shape, interactive, picture
from pipeline.figures.comparison import BANDED, Curve, compared
from pipeline.figures.curves import curves
from pipeline.values.trial import FOLD_SD, Epoch, Leaderboard, Outcome
from tests.figures.conftest import MakeBoard

SPREAD = 0.05


def epoch(number: int, value: float, spread: float) -> Epoch:
    return Epoch(1, number, {"loss": value / 2, "val_loss": value, f"{FOLD_SD}val_loss": spread})


def folded(outcome: Outcome) -> Outcome:
    """The same trial as if it had been trained on several folds."""
    spread = {f"{FOLD_SD}val_loss": SPREAD}
    curve = tuple(replace(e, metrics={**e.metrics, **spread}) for e in outcome.curve)
    last = curve[-1].number if outcome.best_epoch else None
    return replace(outcome, curve=curve, best_epoch=last)


def searched_on_folds(board: Leaderboard) -> Leaderboard:
    baseline = board.baseline and folded(board.baseline)
    return replace(board, outcomes=tuple(map(folded, board.outcomes)), baseline=baseline)


def areas(chart: Chart) -> list[Series]:
    return [s for s in chart.series if s.shape is Shape.AREA]


def test_a_band_is_one_deviation_around_the_curve_and_leaves_out_what_is_not_finite() -> None:
    curve = [epoch(1, 0.9, 0.2), epoch(2, math.inf, math.nan), epoch(3, 0.5, math.inf), epoch(4, 0.4, 0.1)]
    (area,) = bands.of_trial(curve, "val_loss", BEST, "one")
    assert list(area.x) == [1, 4, 4, 1]
    assert list(area.y) == pytest.approx([0.7, 0.3, 0.5, 1.1])
    assert bands.last(area) == pytest.approx((0.3, 0.5))
    assert not bands.of_trial(curve, "loss", BEST, "one"), "training has no spread"


def test_a_trial_whose_folds_agree_has_a_band_and_a_trial_without_folds_has_none() -> None:
    assert len(bands.of_trial([epoch(1, 0.5, 0.0)], "val_loss", BEST, "one")) == 1
    assert not bands.of_trial([Epoch(1, 1, {"val_loss": 0.5})], "val_loss", BEST, "one")
    assert bands.about(epoch(1, 0.5, 0.0), "val_loss") == " ± 0"
    assert bands.about(Epoch(1, 1, {"val_loss": 0.5}), "val_loss") == ""


def test_in_a_search_only_the_best_and_the_baseline_have_a_band_below_all_lines(make_board: MakeBoard) -> None:
    chart = curves(searched_on_folds(make_board(100)), "loss")
    found = areas(chart)
    assert [s.colour for s in found] == [BASELINE, BEST]
    assert list(chart.series[:2]) == found
    assert "± standard deviation over the folds" in chart.subtitle
    for area in found:
        low, high = bands.last(area)
        assert high - low == pytest.approx(2 * SPREAD)
        assert chart.span[0] < low < high < chart.span[1]
    assert chart.series[-1].name == "mean of the folds' kept values"


def test_a_search_without_folds_has_no_band_and_no_word_of_it(make_board: MakeBoard) -> None:
    chart = curves(make_board(30), "loss")
    assert not areas(chart)
    assert "band" not in chart.subtitle


def test_one_legend_entry_toggles_band_and_lines_and_hovering_tells_the_spread(make_board: MakeBoard) -> None:
    figure = interactive(curves(searched_on_folds(make_board(30)), "loss"))
    best = [t for t in figure.data if t.legendgroup and t.legendgroup.startswith("best")]
    assert [(t.fill, t.showlegend) for t in best] == [("toself", False), (None, False), (None, True)]
    assert "± 0.05</b> at epoch 1<br>" in best[-1].hovertext[0]


def test_of_compared_trials_the_first_have_bands_and_the_rest_are_lines(make_board: MakeBoard, tmp_path: Path) -> None:
    outcomes = [folded(o) for o in make_board(30).outcomes[: BANDED + 2]]
    drawn = [Curve(f"trial {o.number}", BEST, o.curve, o.best_epoch, "about it") for o in outcomes]
    chart = compared(drawn, "loss")
    assert {s.group for s in areas(chart)} == {curve.title for curve in drawn[:BANDED]}
    assert list(chart.series[:BANDED]) == areas(chart)
    assert all(chart.span[0] < end < chart.span[1] for area in areas(chart) for end in bands.last(area))
    marks = [s for s in chart.series if s.shape is Shape.POINTS]
    assert all("mean of the folds' kept values" in mark.hover[0] for mark in marks)
    picture(tmp_path / "made.png", chart)
    assert (tmp_path / "made.png").read_bytes().startswith(b"\x89PNG")


def test_trials_without_folds_are_compared_as_before(make_board: MakeBoard) -> None:
    plain = [Curve("one", BEST, o.curve, o.best_epoch, "about it") for o in make_board(30).outcomes[:2]]
    chart = compared(plain, "loss")
    assert not areas(chart)
    assert "folds" not in chart.subtitle
