import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from matplotlib.image import imread

from pipeline.figures.chart import BASELINE, BEST, Chart, Series, interactive, picture
from pipeline.figures.curves import NAMED, curves
from pipeline.values.trial import End, Leaderboard

MakeBoard = Callable[[int], Leaderboard]


def by_name(chart: Chart) -> dict[str, Series]:
    return {series.name: series for series in chart.series if series.name}


def test_every_trial_is_drawn_and_only_the_best_have_a_line_of_the_legend(make_board: MakeBoard) -> None:
    board = make_board(220)
    chart = curves(board, "loss")
    named = by_name(chart)
    valued = sum(o.value is not None for o in board.outcomes)
    assert f"other finished trials ({valued - NAMED})" in named
    assert sum(name.startswith(("trial", "best")) for name in named) == NAMED
    drawn = sum(sum(map(math.isnan, s.y)) for s in chart.series if not s.dashed)
    assert drawn == 1 + sum(bool(o.curve) for o in board.outcomes), "one line for each trial and one for the baseline"
    assert len(chart.series) < 40, "a browser draws a trace for each series"


def test_the_best_is_drawn_over_all_others_with_its_restored_epoch(make_board: MakeBoard) -> None:
    board = make_board(60)
    best = board.best
    assert best
    marker = curves(board, "loss").series[-1]
    assert (marker.x, marker.y, marker.colour) == ((best.best_epoch,), (best.value,), BEST)
    assert [s.colour for s in curves(board, "loss").series[-5:]] == [BASELINE, BASELINE, BEST, BEST, BEST]


def test_a_legend_entry_toggles_both_lines_of_a_trial_and_hovering_shows_its_settings(make_board: MakeBoard) -> None:
    board = make_board(30)
    figure = interactive(curves(board, "loss"))
    assert board.best
    lines = [t for t in figure.data if t.legendgroup and t.legendgroup.startswith("best")]
    assert [t.line.dash for t in lines] == ["5px,3px", "solid"]
    assert [t.showlegend for t in lines] == [False, True]
    assert f"learning_rate = {board.best.trial.params['learning_rate']:.4g}" in lines[1].hovertext[0]
    assert figure.layout.legend.groupclick == "togglegroup"


def test_a_loss_that_explodes_does_not_press_the_others_flat(make_board: MakeBoard) -> None:
    low, high = curves(make_board(220), "loss").span
    assert 0 < low < high < 1


def test_without_validation_the_training_lines_carry_the_names(make_board: MakeBoard) -> None:
    board = make_board(12)
    bare = [
        replace(o, curve=tuple(replace(e, metrics={"loss": e.metrics["loss"]}) for e in o.curve))
        for o in board.outcomes
    ]
    chart = curves(replace(board, outcomes=tuple(bare), baseline=None), "loss")
    best = next(s for name, s in by_name(chart).items() if name.startswith("best"))
    assert best.dashed
    assert best.hover


def test_searches_without_a_single_value_or_epoch_are_drawn_too(make_board: MakeBoard, tmp_path: Path) -> None:
    board = make_board(12)
    failed = [replace(o, end=End.FAILED, value=None, best_epoch=None, curve=()) for o in board.outcomes]
    chart = curves(replace(board, outcomes=tuple(failed), baseline=None), "loss")
    picture(tmp_path / "empty.png", chart)
    assert "no trial has a value" in chart.subtitle
    assert not chart.series


def test_a_trial_of_one_epoch_is_seen_as_a_dot(tmp_path: Path) -> None:
    one = Series((3.0,), (0.5,), BEST, "one")
    chart = Chart("title", "subtitle", "x", "y", (one,), (0.0, 1.0))
    assert interactive(chart).data[0].mode == "lines+markers"
    for name, series in {"dot": (one,), "nothing": ()}.items():
        picture(tmp_path / f"{name}.png", replace(chart, series=series))
    assert (imread(tmp_path / "dot.png")[:, :1000] != imread(tmp_path / "nothing.png")[:, :1000]).any()
