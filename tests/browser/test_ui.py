"""What MLflow's UI shows at the links that a search prints."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Browsed

pytestmark = pytest.mark.slow
EPOCHS = 4


def test_the_search_with_its_children_its_scores_and_its_champion(page: Any, browsed: Browsed, tmp_path: Path) -> None:
    page.goto(browsed.finished.links.addresses["search"])
    page.get_by_role("heading", name="optuna tpe").wait_for()
    for name in ("baseline", "trial 1", "trial 2", "trial 3", "trial 4"):
        page.get_by_role("link", name=name, exact=True).first.wait_for()
    page.get_by_role("link", name="titanic").first.wait_for()
    page.screenshot(path=tmp_path / "search.png")


def test_the_runs_best_first_with_their_values_and_what_varied(page: Any, browsed: Browsed, tmp_path: Path) -> None:
    page.goto(browsed.finished.links.addresses["runs, best first"])
    board = browsed.finished.leaderboard
    assert board.baseline is not None
    trials = [o for o in (*board.outcomes, board.baseline) if o.value is not None]
    ranked = sorted(trials, key=lambda outcome: outcome.value or 0.0)
    names = page.get_by_role("link", name="trial ").or_(page.get_by_role("link", name="baseline"))
    names.nth(EPOCHS).wait_for()
    assert names.all_inner_texts() == [f"trial {o.number}" if o.number else "baseline" for o in ranked]
    for column in ("value", "epochs", "learning_rate", "width", "depth", "dropout"):
        assert page.get_by_text(column, exact=True).first.is_visible()
    page.screenshot(path=tmp_path / "runs.png")


def test_the_charts_open_on_the_validation_loss_with_a_line_of_points_for_each_trial(
    page: Any, browsed: Browsed, tmp_path: Path
) -> None:
    page.goto(browsed.finished.links.addresses["charts"])
    page.locator(".js-line").nth(4).wait_for(state="attached")
    assert page.get_by_text("val_loss", exact=True).first.is_visible()
    chart = page.locator(".js-plotly-plot").first
    assert drawn(chart) == curves(browsed)
    page.screenshot(path=tmp_path / "charts.png")


def test_the_curves_of_the_best_are_drawn_point_by_point(page: Any, browsed: Browsed, tmp_path: Path) -> None:
    page.goto(browsed.finished.links.addresses["curves of the best five"])
    page.get_by_role("heading", name="val_loss").first.wait_for()
    page.locator(".js-line").nth(4).wait_for(state="attached")
    chart = page.locator(".js-plotly-plot").first
    assert drawn(chart) == curves(browsed)
    page.screenshot(path=tmp_path / "curves.png")


def drawn(chart: Any) -> set[tuple[float, ...]]:
    """The y values of each line that a chart shows."""
    paths = {line.get_attribute("d") for line in chart.locator("path.js-line").all() if line.is_visible()}
    heights = {tuple(y) for y in chart.evaluate("chart => chart.data.map(trace => [...(trace.y ?? [])])") if y}
    assert len(paths) == len(heights)
    return heights


def curves(browsed: Browsed) -> set[tuple[float, ...]]:
    """The validation losses of all trials and the baseline, epoch by epoch."""
    board = browsed.finished.leaderboard
    trials = [o for o in (*board.outcomes, board.baseline) if o]
    return {tuple(epoch.metrics["val_loss"] for epoch in outcome.curve) for outcome in trials}
