"""Which trial is trained again: the winner of the experiment's latest finished search that has one."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.tune.retrain import overrides
from pipeline.tuning.study import FINISHED, Study
from pipeline.values.errors import UserError
from pipeline.values.space import Params
from pipeline.values.trial import BASELINE, End, Outcome, Trial
from tests.conftest import Make

SETTINGS: Params = {
    "depth": 2,
    "dropout": 0.5,
    "learning_rate": 0.01,
    "optimizer": "adam",
    "batch_size": 32,
    "epochs": 100,
}


def ended(number: int, value: float | None, width: int) -> Outcome:
    end = End.COMPLETE if value is not None else End.FAILED
    # only the width is searched: a trial's other settings are those of the file
    return Outcome(Trial(number, {"width": width}, 1, 2), {"width": width, **SETTINGS}, end, value, None, ())


def searched(mlruns: Path, name: str, outcomes: Sequence[Outcome], *, finished: float | None) -> None:
    """Writes the folder of a search with these outcomes, finished at the given time or not finished."""
    study = Study.at(mlruns / "studies" / name)
    for outcome in outcomes:
        study.journal.append(outcome)
    if finished is not None:
        (study.folder / FINISHED).write_text("{}")
        os.utime(study.folder / FINISHED, (finished, finished))


def width(found: dict[str, Any]) -> int:
    (trial,) = found["search.listed"]
    return int(trial["width"])


def test_the_winner_is_listed_with_all_its_settings_and_not_the_baseline(titanic: Make, tmp_path: Path) -> None:
    trials = [ended(BASELINE, 0.1, 8), ended(1, 0.6, 16), ended(2, 0.4, 24), ended(3, None, 32), ended(4, 0.5, 40)]
    searched(tmp_path, "titanic-0a1b2c3d-1", trials, finished=100)
    found = overrides(titanic(), tmp_path)
    assert found == {
        "search.library": "own",
        "search.sampler": "listed",
        "search.pruner": "none",
        "search.listed": [{"width": 24, **SETTINGS}],
    }
    again = titanic(found)
    assert (again.search.part, len(again.search.listed)) == ("listed", 1)
    assert {"width": 24, **SETTINGS}.items() <= again.search.listed[0].items()


def test_an_objective_that_is_to_be_large_has_its_winner_above(titanic: Make, tmp_path: Path) -> None:
    searched(tmp_path, "titanic-0a1b2c3d-1", [ended(1, 0.6, 16), ended(2, 0.8, 24), ended(3, 0.7, 32)], finished=100)
    assert width(overrides(titanic({"search.objective": "val_accuracy"}), tmp_path)) == 24


def test_the_latest_that_ended_counts_and_not_one_that_still_runs(titanic: Make, tmp_path: Path) -> None:
    searched(tmp_path, "titanic-0a1b2c3d-1", [ended(1, 0.5, 16)], finished=300)
    searched(tmp_path, "titanic-0a1b2c3d-2", [ended(1, 0.4, 24)], finished=200)
    searched(tmp_path, "titanic-ffffffff-1", [ended(1, 0.3, 32)], finished=100)
    searched(tmp_path, "titanic-ffffffff-2", [ended(1, 0.2, 40)], finished=None)
    assert width(overrides(titanic(), tmp_path)) == 16


def test_a_search_without_a_value_is_passed_over(titanic: Make, tmp_path: Path) -> None:
    searched(tmp_path, "titanic-0a1b2c3d-1", [ended(1, 0.5, 16)], finished=100)
    searched(tmp_path, "titanic-0a1b2c3d-2", [ended(BASELINE, 0.2, 8), ended(1, None, 24)], finished=200)
    assert width(overrides(titanic(), tmp_path)) == 16


@pytest.mark.parametrize("other", ["titanic-deep", "titanic-2", "titanic-0a1b2c3d", "my-titanic"])
def test_a_search_of_another_experiment_with_a_longer_name_is_not_its_own(
    titanic: Make, tmp_path: Path, other: str
) -> None:
    searched(tmp_path, "titanic-0a1b2c3d-1", [ended(1, 0.5, 16)], finished=100)
    searched(tmp_path, f"{other}-0a1b2c3d-1", [ended(1, 0.4, 24)], finished=200)
    assert width(overrides(titanic(), tmp_path)) == 16


def test_a_name_with_brackets_has_its_searches(titanic: Make, tmp_path: Path) -> None:
    experiment = titanic().model_copy(update={"name": "prices[eur]"})
    searched(tmp_path, "prices[eur]-0a1b2c3d-1", [ended(1, 0.5, 16)], finished=100)
    searched(tmp_path, "pricese-0a1b2c3d-1", [ended(1, 0.4, 24)], finished=200)
    assert width(overrides(experiment, tmp_path)) == 16


@pytest.mark.parametrize("state", ["nothing", "unfinished", "without a value", "baseline alone"])
def test_without_a_winner_the_way_to_one_is_said(titanic: Make, tmp_path: Path, state: str) -> None:
    if state != "nothing":
        outcomes = [ended(BASELINE, 0.1, 8)]
        outcomes += {"unfinished": [ended(1, 0.5, 16)], "without a value": [ended(1, None, 16)]}.get(state, [])
        searched(tmp_path, "titanic-0a1b2c3d-1", outcomes, finished=None if state == "unfinished" else 100)
    with pytest.raises(UserError, match=r"^RETRAIN: .*`titanic`.* `make tune EXP=titanic`"):
        overrides(titanic(), tmp_path)
