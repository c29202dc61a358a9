from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.figures.pages import draw
from pipeline.values.space import Space
from pipeline.values.trial import Leaderboard

MakeBoard = Callable[[int], Leaderboard]

FILES = {"curves_accuracy.png", "curves_loss.png", "leaderboard.csv", "progress.png", "search.html"}


def test_every_file_written_is_named_and_the_only_page_carries_its_script(
    make_board: MakeBoard, space: Space, tmp_path: Path
) -> None:
    paths = draw(make_board(60), space, tmp_path)
    assert {path.name for path in paths} == {*FILES, "importance.png"}
    text = (tmp_path / "search.html").read_text()
    assert "<script src" not in text
    assert text.count("Plotly.newPlot(") == 6
    assert len(text) < 6_000_000, "there is more than one copy of Plotly's script"
    for path in paths:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("trials", [0, 1, 5])
def test_small_searches_are_drawn_without_importances(
    make_board: MakeBoard, space: Space, tmp_path: Path, trials: int
) -> None:
    names = {path.name for path in draw(make_board(trials), space, tmp_path)}
    assert "importance.png" not in names
    assert {"search.html", "leaderboard.csv"} <= names


def test_a_search_over_nothing_is_drawn(make_board: MakeBoard, tmp_path: Path) -> None:
    assert {path.name for path in draw(make_board(30), Space({}), tmp_path)} == FILES
