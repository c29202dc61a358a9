"""`make compare` as a user sees it: its output, its files, and its error messages."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.run import run
from pipeline.trackers.mlflow import create, open_archive
from pipeline.trackers.mlflow.store import connect
from tests.commands.conftest import Ask
from tests.conftest import Make

pytestmark = pytest.mark.slow
COMMAND = ("compare",)
"""What `ask` types before its words."""


@pytest.fixture(scope="module")
def searched(titanic: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `mlruns/` holds two short searches of the Titanic."""
    here = tmp_path_factory.mktemp("compared")
    for trials, seed in ((3, 1), (2, 2)):
        short = {"search.trials": trials, "search.seed": seed, "training.epochs": 3, "training.engine": "fit"}
        run(titanic(short), create(here / "mlruns"), here / "mlruns", lambda blueprint, prepared, study: None)
    return here


def test_the_page_the_pictures_and_the_table_lie_in_a_folder_and_in_a_run_that_is_no_search(
    ask: Ask, searched: Path
) -> None:
    before = open_archive(searched / "mlruns").searches("titanic")
    code, out, err = ask("titanic")
    assert (code, err) == (0, "")
    (link,) = [record.split()[-1] for record in out.splitlines() if record.startswith("The page:")]
    page = Path(link.removeprefix("file://"))
    files = {
        "compare.html",
        "compare.png",
        "table.csv",
        "curves_loss.png",
        "curves_accuracy.png",
        "best_so_far_val_loss.png",
    }
    assert {path.name for path in page.parent.iterdir()} == files
    text = page.read_text("utf-8")
    assert text.count("plotly.js v") == 1
    assert 'src="http' not in text
    rows = pd.read_csv(page.parent / "table.csv")
    assert [title.split(":")[0].split(" of")[0] for title in rows["trial"]] == ["best", "median", "baseline", "winner"]
    (address,) = [record.split()[2] for record in out.splitlines() if record.startswith("In MLflow:")]
    kept = address.split("/runs/")[1].split("/")[0]
    client = connect(searched / "mlruns")
    assert {file.path for file in client.list_artifacts(kept)} == files
    assert client.get_run(kept).data.tags["kind"] == "comparison"
    assert client.get_run(kept).info.run_name.startswith("compare 4 trials of ")
    assert open_archive(searched / "mlruns").searches("titanic") == before


def test_two_searches_are_set_beside_each_other(ask: Ask, searched: Path) -> None:
    later, earlier = open_archive(searched / "mlruns").searches("titanic")
    code, out, err = ask("titanic", "--a", "latest", "--b", earlier, "--metric", "learning_rate")
    assert (code, err) == (0, "")
    why = "they were not confirmed (make confirm EXP=titanic)"
    assert f"{later} and {earlier} cannot be compared: {why}." in out.splitlines()
    searches = next(record for record in out.splitlines() if record.startswith("search "))
    assert searches.split() == ["search", later, earlier]
    (link,) = [record.split()[-1] for record in out.splitlines() if record.startswith("The page:")]
    assert (Path(link.removeprefix("file://")).parent / "curves_learning_rate.png").is_file()


def test_a_trial_is_named_by_the_beginning_of_its_run(ask: Ask, searched: Path) -> None:
    found = open_archive(searched / "mlruns")
    record = found.curves(found.searches("titanic")[1], ())[2]
    code, out, err = ask("titanic", "--runs", f"{record.run[:12]},1")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == ["trial", "2", "trial", "1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["titnic"], "compare, EXP: `titnic` has no searches. Did you mean `titanic`?"),
        (
            ["titanic", "--metric", "acuracy"],
            "compare, METRIC: none of these trials has a `acuracy`. Did you mean `accuracy`?",
        ),
        (["titanic", "--runs", "it's"], "compare, RUNS: no run begins with `it's`. Give a trial's number"),
        (["titanic", "--a", "it's"], "compare, A, B: there is no search `it's`. Allowed: latest, latest-1, "),
        ([], "compare, EXP: no experiment is named. Type `make compare EXP=titanic`."),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_and_leaves_nothing(ask: Ask, searched: Path, words: list[str], message: str) -> None:
    before = sorted(searched.glob("mlruns/comparisons/*"))
    code, out, err = ask(*words)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert sorted(searched.glob("mlruns/comparisons/*")) == before
