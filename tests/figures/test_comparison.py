"""Charts that compare trials and searches."""

import math
from dataclasses import replace

from pipeline.figures.chart import BASELINE, Shape, interactive
from pipeline.figures.comparison import COLOURS, Course, Curve, colours, compared, courses, measured
from pipeline.values.trial import FOLD_SD, Epoch
from tests.figures.conftest import MakeBoard


def of(make_board: MakeBoard, count: int) -> list[Curve]:
    outcomes = make_board(30).outcomes[:count]
    return [
        Curve(f"trial {o.number}", colour, o.curve, o.best_epoch, "about it")
        for o, colour in zip(outcomes, colours([o.number for o in outcomes]), strict=True)
    ]


def test_each_trial_has_a_colour_and_a_legend_entry_that_toggles_both_its_lines(make_board: MakeBoard) -> None:
    curves = of(make_board, 3)
    figure = interactive(compared(curves, "loss"))
    for curve in curves:
        lines = [t for t in figure.data if t.legendgroup == curve.title and t.mode == "lines"]
        assert [t.line.dash for t in lines] == ["5px,3px", "solid"]
        assert {t.line.color for t in lines} == {curve.colour}
        assert [t.showlegend for t in lines] == [False, True]
    assert figure.layout.legend.groupclick == "togglegroup"


def test_a_diamond_stands_where_the_weights_were_kept(make_board: MakeBoard) -> None:
    (curve,) = of(make_board, 1)
    (mark,) = [s for s in compared([curve], "loss").series if s.shape is Shape.POINTS]
    (best,) = [e for e in curve.epochs if e.number == curve.best_epoch]
    assert (mark.x, mark.y) == ((best.number,), (best.metrics["val_loss"],))


def test_the_axis_shows_every_kept_value_and_no_explosion(make_board: MakeBoard) -> None:
    curves = of(make_board, 3)
    wild = replace(curves[2].epochs[0], metrics={"loss": 1e6, "val_loss": math.inf})
    low, high = compared([*curves[:2], replace(curves[2], epochs=(wild, *curves[2].epochs[1:]))], "loss").span
    assert 0 < low < high < 2


def test_a_metric_of_validation_and_training_has_one_name(make_board: MakeBoard) -> None:
    curves = of(make_board, 2)
    assert measured(curves) == ["accuracy", "loss"]
    spread = Epoch(1, 1, {"loss": 1.0, "val_loss": 1.0, f"{FOLD_SD}val_loss": 0.1})
    assert measured([replace(curves[0], epochs=(spread,))]) == ["loss"]


def test_the_first_baseline_has_the_colour_of_baselines_and_no_other_trial_does() -> None:
    assert colours([3, 0, 7, 0]) == [COLOURS[0], BASELINE, COLOURS[1], COLOURS[2]]
    assert BASELINE not in COLOURS
    assert len(colours(list(range(1, 40)))) == 39


def test_a_course_goes_down_to_its_best_and_on_to_the_last_trial() -> None:
    found = courses([Course("one", "red", ((1, 0.5), (2, 0.7), (4, 0.3)), 6, 0.6)], "val_loss")
    level, line = found.series
    assert (line.x, line.y) == ((1, 2, 4, 6), (0.5, 0.5, 0.3, 0.3))
    assert (level.y, level.dashed) == ((0.6, 0.6), True)


def test_a_course_of_an_accuracy_goes_up_and_one_without_a_value_is_empty() -> None:
    (line,) = courses([Course("one", "red", ((1, 0.5), (2, 0.7)), 2, None)], "val_accuracy").series
    assert line.y == (0.5, 0.7, 0.7)
    assert not courses([Course("one", "red", (), 3, None)], "val_loss").series
