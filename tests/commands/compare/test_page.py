"""Which charts a comparison draws."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.commands.compare.page import PICTURE, write
from pipeline.commands.compare.selection import PastSearch, SelectedTrial, Selection
from pipeline.trackers import SearchSummary, TrialRecord
from pipeline.values.trial import End, Epoch


def search(name: str, trials: int) -> PastSearch:
    """A search in which each trial is better than the one before."""
    curves = [
        [Epoch(n, e, {"loss": 1 / (n + e), "val_loss": 1.1 / (n + e)}) for e in (1, 2)] for n in range(trials + 1)
    ]
    records = [
        TrialRecord(n, {"width": 8 * n}, End.COMPLETE, 1.1 / (n + 2), 2, tuple(curve), epochs=2)
        for n, curve in enumerate(curves)
    ]
    return PastSearch(SearchSummary(name, "titanic", "optuna tpe", "val_loss", {}), tuple(records))


@pytest.mark.parametrize(("trials", "course"), [((1, 1), False), ((1, 3), True), ((3, 4), True)])
def test_searches_of_one_trial_alone_have_no_course(trials: tuple[int, int], course: bool, tmp_path: Path) -> None:
    pasts = [search(f"titanic-{count}-{i}", count) for i, count in enumerate(trials)]
    chosen = tuple(SelectedTrial("winner", past, past.ranked[0]) for past in pasts)
    page = write(Selection(chosen, tuple(pasts)), [], tmp_path / "made")
    names = {path.name for path in page.parent.iterdir()}
    assert {"curves_loss.png", PICTURE} <= names
    assert ("best_so_far_val_loss.png" in names) == course
    assert ("Best val_loss so far" in page.read_text("utf-8")) == course
    assert not any(name.startswith("confirmed") for name in names)


def test_confirmed_trials_have_bands_and_the_verdict_stands_above_the_charts(tmp_path: Path) -> None:
    past = search("titanic-1", 2)
    folds = tuple(replace(past.ranked[0], number=-n, value=0.1 * n) for n in (1, 2, 3))
    chosen = SelectedTrial("best", past, past.ranked[0], folds), SelectedTrial("", past, past.ranked[1])
    page = write(Selection(chosen, (past,), "one < other."), [], tmp_path / "made")
    assert (page.parent / "confirmed_loss.png").read_bytes().startswith(b"\x89PNG")
    text = page.read_text("utf-8")
    assert "Loss, confirmed on 3 folds: mean and spread" in text
    assert 0 < text.index("<p>one &lt; other.</p>") < text.index("plotly")
    assert text.index("Loss, confirmed on") < text.rindex("<table>")
    assert "<td>0.2 ± 0.058</td><td>-</td>" in text
