"""The chart of confirmed curves: means and bands over folds that stop at different epochs."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.figures.chart import Shape, interactive, picture
from pipeline.figures.comparison import Curve
from pipeline.figures.confirmed import confirmed, spread
from pipeline.values.trial import Epoch


def fold(values: list[float], best: int, title: str = "trial 1") -> Curve:
    epochs = tuple(Epoch(-1, i, {"loss": v / 2, "val_loss": v}) for i, v in enumerate(values, start=1))
    return Curve(title, "#d55e00", epochs, best, "width = 8")


FOLDS = [fold([0.9, 0.5, 0.7], best=2), fold([0.7, 0.6, 0.5, 0.3], best=4)]


def test_a_fold_that_stopped_counts_with_the_value_that_it_kept() -> None:
    found = spread(FOLDS, "val_loss")
    assert list(found.epochs) == [1, 2, 3, 4]
    assert found.mean == pytest.approx((0.8, 0.55, 0.6, (0.5 + 0.3) / 2))
    assert list(found.deviation) == pytest.approx([gap / math.sqrt(2) for gap in (0.2, 0.1, 0.2, 0.2)])
    assert list(found.running) == [2, 2, 2, 1]
    assert list(found.kept) == [(2, 0.5), (4, 0.3)]


def test_an_epoch_without_a_finite_value_on_each_fold_is_left_out() -> None:
    found = spread([fold([math.inf, 0.5, math.nan, 0.4], best=4), FOLDS[1]], "val_loss")
    assert (found.epochs, found.running) == ((2, 4), (2, 2))
    assert spread(FOLDS, "val_accuracy").epochs == ()


def test_the_band_is_one_deviation_around_the_line_and_lies_below_it() -> None:
    chart = confirmed([FOLDS], "loss")
    (band,) = [s for s in chart.series if s.shape is Shape.AREA]
    (line,) = [s for s in chart.series if s.shape is Shape.LINE and not s.dashed]
    assert chart.series.index(band) < chart.series.index(line)
    assert band.x == (*line.x, *reversed(line.x))
    low, high = band.y[:4], band.y[:3:-1]
    deviation = spread(FOLDS, "val_loss").deviation
    assert [h - m for h, m in zip(high, line.y, strict=True)] == pytest.approx(deviation)
    assert [m - b for b, m in zip(low, line.y, strict=True)] == pytest.approx(deviation)
    assert "0.4 ± 0.14</b> at epoch 4, 1 of 2 folds training" in line.hover[-1]


def test_the_diamond_is_the_mean_of_the_kept_values_and_within_the_axis() -> None:
    chart = confirmed([FOLDS], "loss")
    (mark,) = [s for s in chart.series if s.shape is Shape.POINTS]
    assert (mark.x[0], mark.y[0]) == pytest.approx((3, 0.4))
    assert chart.span[0] < 0.4 < chart.span[1]


def test_one_entry_of_the_legend_toggles_band_lines_and_diamond_of_a_trial() -> None:
    other = [fold([0.4, 0.3], 2, "trial 2"), fold([0.5, 0.4], 2, "trial 2"), fold([0.6, 0.4], 1, "trial 2")]
    chart = confirmed([FOLDS, other], "loss")
    assert chart.title == "Loss, confirmed on 2 or 3 folds: mean and spread"
    figure = interactive(chart)
    for title in ("trial 1", "trial 2"):
        traces = [t for t in figure.data if t.legendgroup == title]
        assert [(t.mode, t.fill) for t in traces] == [
            ("none", "toself"),
            ("lines", None),
            ("lines", None),
            ("markers", None),
        ]
        assert [t.showlegend for t in traces] == [False, False, True, False]
    ranks = [t.legendrank for t in figure.data if t.showlegend]
    assert all(later < earlier for earlier, later in pairwise(ranks))


def test_without_validation_the_training_line_has_the_name(tmp_path: Path) -> None:
    bare = [Curve(c.title, c.colour, tuple(Epoch(-1, e.number, {"loss": 0.5}) for e in c.epochs), 1, "") for c in FOLDS]
    chart = confirmed([bare], "loss")
    assert [(s.name, s.dashed) for s in chart.series] == [("trial 1", True)]
    picture(tmp_path / "made.png", chart, confirmed([FOLDS], "loss"))
    assert (tmp_path / "made.png").read_bytes().startswith(b"\x89PNG")
