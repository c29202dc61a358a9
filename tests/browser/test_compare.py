"""The comparison as a user sees it: opened from the file, without a network."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.compare.page import write
from pipeline.commands.compare.selection import Request, Selector
from pipeline.trackers.mlflow import open_archive
from tests.browser.conftest import Browsed

pytestmark = pytest.mark.slow
HIDDEN = "document.querySelector('.js-plotly-plot').data.filter(t => t.visible === 'legendonly').length"


@pytest.fixture
def comparison(page: Any, browsed: Browsed, tmp_path: Path) -> Any:
    """The page that compares best, median and baseline of the search, opened from the file."""
    selection = Selector(open_archive(browsed.mlruns)).select(Request("titanic"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(write(selection, (), tmp_path / "compared").as_uri())
    page.locator(".js-line").first.wait_for(state="attached")
    yield page
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)


def test_each_trial_has_a_training_and_a_validation_curve_in_each_chart(comparison: Any, tmp_path: Path) -> None:
    loss, accuracy, course = (comparison.locator(".js-plotly-plot").nth(i) for i in range(3))
    for chart, name in ((loss, "Loss of 3 trials"), (accuracy, "Accuracy of 3 trials")):
        assert name in chart.inner_text()
        assert lines(chart) == 6
        assert chart.locator(".legend .traces").count() == 3
    assert "Best val_loss so far" in course.inner_text()
    assert comparison.locator("table tbody tr").count() > 8
    comparison.screenshot(path=tmp_path / "compare.png", full_page=True)


def test_an_entry_of_the_legend_hides_and_shows_both_curves_of_its_trial(comparison: Any, tmp_path: Path) -> None:
    loss = comparison.locator(".js-plotly-plot").first
    entry = loss.locator(".legendtoggle").first
    entry.click()
    # Plotly waits for a possible double click before it acts on a click
    comparison.wait_for_function(f"{HIDDEN} > 0")
    comparison.screenshot(path=tmp_path / "hidden.png")
    assert lines(loss) == 4
    entry.click()
    comparison.wait_for_function(f"{HIDDEN} === 0")
    assert lines(loss) == 6


def lines(chart: Any) -> int:
    """The number of curves that a chart shows."""
    return int(chart.locator(".scatterlayer .trace path.js-line").count())
