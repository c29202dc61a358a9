import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.figures import confusion
from pipeline.figures.leaderboard import table
from pipeline.figures.parallel import parallel
from pipeline.figures.slices import slices
from pipeline.values.space import Params, Space
from pipeline.values.trial import Leaderboard

MakeBoard = Callable[[int], Leaderboard]


def test_slices_have_a_panel_a_setting_with_every_finished_trial(make_board: MakeBoard, space: Space) -> None:
    board = make_board(40)
    finished = sum(o.value is not None for o in board.outcomes)
    figure = slices(board, space)
    assert [len(trace.x) for trace in figure.data] == [finished] * len(space.dimensions)
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis4.categoryarray) == ["relu", "tanh", "gelu"]


def test_parallel_axes_carry_their_settings_ticks(make_board: MakeBoard, space: Space) -> None:
    board = make_board(40)
    axes = {d.label: d for d in parallel(board, space).data[0].dimensions}
    assert list(axes) == [*space.dimensions, "val_loss"]
    assert list(axes["learning_rate"].ticktext) == ["0.0001", "0.001", "0.01", "0.1"]
    assert list(axes["activation"].ticktext) == ["relu", "tanh", "gelu"]
    assert board.best
    assert axes["learning_rate"]["values"][-1] == pytest.approx(math.log10(float(board.best.settings["learning_rate"])))


def test_listed_trials_outside_the_space_are_drawn_too(make_board: MakeBoard, space: Space) -> None:
    board = make_board(12)
    outside: Params = {"learning_rate": 0.0, "activation": "elu", "width": 4000}
    moved = replace(board, outcomes=tuple(replace(o, settings={**o.settings, **outside}) for o in board.outcomes))
    axes = {d.label: d for d in parallel(moved, space).data[0].dimensions}
    assert set(axes["activation"]["values"]) == {-1}
    assert slices(moved, space).data[3].x[0] == "elu"


def test_where_a_setting_is_no_part_of_a_trial_nothing_is_drawn_and_the_cell_is_empty(
    make_board: MakeBoard, space: Space
) -> None:
    def without(settings: Params) -> Params:
        return {k: v for k, v in settings.items() if k not in ("learning_rate", "width", "activation", "nesterov")}

    board = make_board(40)
    lacking = {o.number for o in board.outcomes if o.number % 2}
    some = [replace(o, settings=without(o.settings)) if o.number in lacking else o for o in board.outcomes]
    board = Leaderboard.of("val_loss", some, board.baseline, {})
    having = sum(o.value is not None and o.number not in lacking for o in board.outcomes)
    finished = sum(o.value is not None for o in board.outcomes)
    counts = [len(trace.x) for trace in slices(board, space).data]
    assert counts == [having, having, finished, having, having, finished]
    lines = {d.label: d for d in parallel(board, space).data[0].dimensions}
    for name in ("learning_rate", "width", "activation", "nesterov"):
        axis = lines[name]
        below = [value for value in axis["values"] if value == axis.tickvals[0]]
        assert axis.ticktext[0] == "none"
        assert axis.range[0] == axis.tickvals[0] < min(value for value in axis["values"] if value not in below)
        assert len(below) == finished - having
    cells = table(board).set_index("trial")["width"]
    assert {number for number in cells.index if cells[number] is pd.NA} == lacking
    assert cells.dtype == "Int64"
    assert table(board).columns[-1] == "reason"


def test_the_table_ranks_the_baseline_without_giving_it_a_place(make_board: MakeBoard) -> None:
    board = make_board(40)
    frame = table(board)
    assert len(frame) == 41
    finished = frame["val_loss"].notna()
    assert frame.loc[finished, "val_loss"].is_monotonic_increasing
    assert frame.loc[frame["trial"] == "baseline", "place"].isna().all()
    places = frame.loc[finished & (frame["trial"] != "baseline"), "place"].tolist()
    assert places == list(range(1, len(places) + 1))
    assert frame.loc[0, "width"] == board.outcomes[0].settings["width"]


def test_the_table_of_no_trials_is_empty() -> None:
    assert table(Leaderboard.of("val_loss", [], None, {})).empty


def test_the_confusion_matrix_shows_counts_and_shares_of_the_true_class() -> None:
    made = confusion.html(np.array([[6, 2], [0, 0]]), ("no", "yes"), "title")
    rows = [re.findall(r"<t[hd].*?>(.+?)</t[hd]>", row) for row in re.findall(r"<tr>(.+?)</tr>", made)]
    assert rows[0][1:] == ["no", "yes"]
    assert rows[1:] == [["no", "6<br>75%", "2<br>25%"], ["yes", "0<br>0%", "0<br>0%"]]


def test_a_class_is_text_in_the_confusion_matrix_and_no_html() -> None:
    made = confusion.html(np.eye(2, dtype=int), ("<b>", '"'), "a & b")
    assert 'title="true &lt;b&gt;, predicted &quot;: 0 rows, 0.0% of the class"' in made
    assert "<b>" not in made
    assert "<h1>a &amp; b</h1>" in made


def test_the_cells_of_many_classes_tell_their_counts_under_the_mouse() -> None:
    made = confusion.html(np.full((30, 30), 2), range(30), "title")
    assert made.count("2 rows, 3.3% of the class") == 900
    assert "<br>" not in made


def test_the_leaderboard_warns_of_dead_units(make_board: MakeBoard) -> None:
    board = make_board(3)
    dead = {"dead_units/all": 0.62, "dead_units/layer_1": 0.62, "gradient_to_weight_norm": 3e-5}
    first, second, *rest = board.outcomes
    told = replace(board, outcomes=(replace(first, diagnosis=dead), second, *rest))
    rows = table(told).set_index("trial")
    assert rows.loc[first.number, "dead units"] == 0.62
    assert rows.loc[first.number, "warning"] == "62% of units dead: learning rate too high?"
    assert rows.loc[second.number, "warning"] == ""


def test_the_epochs_that_ran_stand_beside_those_allowed(make_board: MakeBoard) -> None:
    board = make_board(1)
    (one,) = board.outcomes
    rows = table(replace(board, outcomes=(replace(one, settings={**one.settings, "epochs": 100}),))).set_index("trial")
    assert rows.loc[one.number, "epochs run"] == len(one.curve)
    assert rows.loc[one.number, "epochs"] == 100
