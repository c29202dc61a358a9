from collections.abc import Callable
from dataclasses import replace

from pipeline.figures.chart import span
from pipeline.figures.progress import progress
from pipeline.values.trial import Direction, Leaderboard

MakeBoard = Callable[[int], Leaderboard]


def test_the_best_so_far_only_gets_better_and_ends_at_the_best(make_board: MakeBoard) -> None:
    board = make_board(50)
    assert board.best
    best = next(s for s in progress(board).series if s.name == "best so far")
    assert list(best.y) == sorted(best.y, reverse=True)
    assert best.y[-1] == board.best.value
    assert best.x[-1] == 50


def test_an_objective_to_maximize_rises(make_board: MakeBoard) -> None:
    board = make_board(50)
    outcomes = [replace(o, value=None if o.value is None else 1 - o.value) for o in board.outcomes]
    chart = progress(Leaderboard.of("val_accuracy", outcomes, None, {}))
    best = next(s for s in chart.series if s.name == "best so far")
    assert list(best.y) == sorted(best.y)


def test_a_search_without_trials_is_an_empty_chart() -> None:
    assert progress(Leaderboard.of("val_loss", [], None, {})).series == ()


def test_the_axis_leaves_out_the_worst_alone_and_keeps_the_baseline() -> None:
    values = [0.3 + i / 100 for i in range(19)] + [90.0]
    low, high = span(values, Direction.MINIMIZE, always=[0.9])
    assert low < 0.3
    assert 0.9 < high < 1
    low, high = span([-v for v in values], Direction.MAXIMIZE)
    assert -0.6 < low < -0.4
    assert high > -0.3
