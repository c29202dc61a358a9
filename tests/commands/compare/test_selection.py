"""Which trials are compared: by default, and by each way in which a user can name them."""

import math
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from pipeline.commands.compare.differences import lines, settings, table
from pipeline.commands.compare.selection import MOST, Request, Selection, Selector
from pipeline.trackers import memory
from pipeline.values.confirmed import Confirmed
from pipeline.values.errors import UserError
from pipeline.values.events import (
    DatasetRecord,
    EpochEnded,
    FileAttached,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import BASELINE, Confirms, End, Epoch, Outcome, Trial

VALUES = {
    "a-1": (0.5, 0.4, 0.3, 0.6),  # the first value is the baseline's
    "a-2": (0.5, 0.45, None, 0.2, 0.35, 0.9),
    "a-3": (0.5, None),
    "b-1": (0.8, 0.7),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose archive in memory holds four searches of two experiments."""
    for identity, values in VALUES.items():
        remember(tmp_path, identity, values)
    return tmp_path


def remember(folder: Path, identity: str, values: tuple[float | None, ...]) -> None:
    tracker = memory.create(folder)
    experiment = {"a": "alpha", "b": "beta"}[identity[0]]
    dataset = DatasetRecord("rows", "rows.csv", "0" * 64, 10, "y", {"y": "int64"})
    tracker.open(SearchRecord(identity, experiment, "optuna tpe", "val_loss", {}, {}, {}, dataset))
    for number, value in enumerate(values):
        trial = Trial(number, {"width": 8 * number}, seed=1, epochs=2)
        chosen: dict[str, bool | int | float | str] = {"width": 8 * number, "rate": 0.0123456, "optimizer": "adam"}
        curve = tuple(Epoch(number, e, {"loss": 1 / e, "val_loss": (value or 0.99) + 2 - e}) for e in (1, 2))
        tracker.record(TrialStarted(trial, chosen))
        for epoch in curve:
            tracker.record(EpochEnded(epoch))
        end, best = (End.PRUNED, None) if value is None else (End.COMPLETE, 2)
        tracker.record(
            TrialEnded(Outcome(trial, chosen, end, value, best, curve, seconds={"train": 2.0}, parameters=9))
        )
    tracker.record(SearchMeasured({"test/accuracy": 0.81, "test/accuracy_low": 0.7, "baseline/untuned/accuracy": 0.78}))
    tracker.close()


def confirm(folder: Path, identity: str, confirmed: dict[Confirms, float | None], losses: float | None = None) -> None:
    """Trainings on folds with these values, and the confirmed loss of the search's champion."""
    tracker = memory.create(folder)
    tracker.open(memory.SHELVES[folder][identity].search)
    for confirms, value in confirmed.items():
        trial = Trial(confirms.number, {"width": 8}, seed=1, epochs=2, confirms=confirms)
        curve = tuple(Epoch(trial.number, e, {"loss": 1 / e, "val_loss": (value or 0.99) + 2 - e}) for e in (1, 2))
        tracker.record(TrialStarted(trial, {"width": 8}))
        for epoch in curve:
            tracker.record(EpochEnded(epoch))
        end, best = (End.FAILED, None) if value is None else (End.COMPLETE, 2)
        tracker.record(TrialEnded(Outcome(trial, {"width": 8}, end, value, best, curve)))
    if losses is not None:
        path = folder / identity / "confirmed.json"
        path.parent.mkdir()
        known = Confirmed("log loss", "0" * 64, "y", (1, 2, 3), (losses, losses, losses), 1e-6)
        path.write_bytes(TypeAdapter(Confirmed).dump_json(known))
        tracker.record(FileAttached(path))
    tracker.close()


def on_two_folds(values: dict[int, float | None]) -> dict[Confirms, float | None]:
    """Values of trials on two folds, 0.02 apart."""
    return {
        Confirms(number, fold, 2): None if value is None else value + 0.01 * (2 * fold - 1)
        for number, value in values.items()
        for fold in (0, 1)
    }


def select(folder: Path, request: Request) -> Selection:
    return Selector(memory.open_archive(folder)).select(request)


def named(selection: Selection) -> list[str]:
    return [f"{trial.search.summary.identity}/{trial.record.number}" for trial in selection.trials]


def test_usual_are_best_median_and_baseline_of_the_latest_search_with_a_value_and_the_winners_before(
    folder: Path,
) -> None:
    found = select(folder, Request("alpha"))
    assert named(found) == ["a-2/3", "a-2/1", "a-2/0", "a-1/2"]
    assert found.titles == [
        "best: trial 3 of a-2",
        "median: trial 1 of a-2",
        "baseline of a-2",
        "winner: trial 2 of a-1",
    ]
    assert [past.summary.identity for past in found.searches] == ["a-2", "a-1"]


def test_curves_are_read_of_the_chosen_trials_alone(folder: Path) -> None:
    found = select(folder, Request("alpha"))
    assert [len(trial.record.curve) for trial in found.trials] == [2, 2, 2, 2]
    assert not any(record.curve for past in found.searches for record in past.records)


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (Request("alpha", runs=("1", "0")), ["a-3/1", "a-3/0"]),
        (Request("alpha", runs=("a-1/3", "latest-1/4", "b-1/1")), ["a-1/3", "a-2/4", "b-1/1"]),
        (Request("alpha", runs=("a-2/3", "a-2/3")), ["a-2/3"]),
        (Request("alpha", searches=("latest-1", "a-1")), ["a-2/3", "a-1/2"]),
        (Request("beta", experiments=("beta",)), ["b-1/1"]),
        (Request("alpha", runs=("a-2/1",), searches=("a-2",), experiments=("beta",)), ["a-2/1", "a-2/3", "b-1/1"]),
    ],
    ids=str,
)
def test_trials_searches_and_experiments_are_found_by_name(folder: Path, request_: Request, wanted: list[str]) -> None:
    assert named(select(folder, request_)) == wanted


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("alpah"), "compare, EXP: `alpah` has no searches. Did you mean `alpha`?"),
        (Request("alpha", experiments=("betta",)), "compare, EXPS: `betta` has no searches. Did you mean `beta`?"),
        (Request("alpha", searches=("latst",)), "compare, A, B: there is no search `latst`. Did you mean `latest`?"),
        (Request("alpha", searches=("a-9",)), "compare, A, B: there is no search `a-9`. Did you mean `a-3`?"),
        (Request("alpha", searches=("a-3",)), "compare: no trial of `a-3` has a value. Name its trials in RUNS."),
        (Request("alpha", runs=("7",)), "compare, RUNS: `a-3` has no trial `7`. It has 0 to 1; 0 is the baseline."),
        (Request("alpha", runs=("a-1/7",)), "compare, RUNS: `a-1` has no trial `7`. It has 0 to 3; 0 is the baseline."),
        (
            Request("alpha", runs=("a-",)),
            "compare, RUNS: 12 runs begin with `a-`. "
            "Give a trial's number, `search/number`, or the beginning of one MLflow run's id.",
        ),
    ],
    ids=str,
)
def test_a_name_of_nothing_is_answered_with_the_nearest(folder: Path, request_: Request, message: str) -> None:
    with pytest.raises(UserError) as error:
        select(folder, request_)
    assert str(error.value) == message


def test_the_table_says_what_differs_and_gives_each_its_searchs_test_scores(folder: Path) -> None:
    found = select(folder, Request("alpha"))
    rows = table(found).set_index("trial")
    assert rows["val_loss"].tolist() == [0.2, 0.45, 0.5, 0.3]
    assert rows["width"].tolist() == ["24", "8", "0", "16"]
    assert not {"rate", "optimizer"} & set(rows.columns)
    scores = rows["test accuracy"].tolist()
    assert (scores[0], scores[2:]) == (0.81, [0.78, 0.81])
    assert math.isnan(scores[1])
    assert dict(lines(found))["test accuracy"] == ["0.81", "-", "0.78", "0.81"]
    assert settings(found.trials[0], found) == ["width = 24"]


def test_the_test_score_of_a_confirmed_champion_is_no_single_trials(folder: Path) -> None:
    tracker = memory.create(folder)
    tracker.open(memory.SHELVES[folder]["a-2"].search)
    tracker.record(SearchMeasured({"champion/trial": 1.0, "single/accuracy": 0.7}))
    tracker.close()
    found = select(folder, Request("alpha", runs=("a-2/3", "a-2/1", "a-2/0")))
    assert dict(lines(found))["test accuracy"] == ["-", "0.7", "0.78"]


def test_what_confirmed_an_earlier_champion_of_a_search_is_not_taken_for_its_new_one(folder: Path) -> None:
    confirm(folder, "a-1", {}, 0.4)
    confirm(folder, "a-2", {}, 0.3)
    tracker = memory.create(folder)
    tracker.open(memory.SHELVES[folder]["a-2"].search)
    tracker.record(SearchMeasured({"champion/trial": 1.0, "single/accuracy": 0.7, "champion/confirmed": 1.0}))
    tracker.record(SearchMeasured({"champion/confirmed": 0.0}))
    tracker.close()
    found = select(folder, Request("alpha", runs=("a-2/3", "a-2/1", "a-2/0"), searches=("a-1", "a-2")))
    assert found.verdict.startswith("a-1 and a-2 cannot be compared: a-2 was not confirmed (make confirm EXP=alpha)")
    assert dict(lines(found))["test accuracy"][:3] == ["0.81", "-", "0.78"]


def test_a_single_search_needs_no_name(folder: Path) -> None:
    found = select(folder, Request("alpha", runs=("a-1/1", "a-1/0")))
    assert found.titles == ["trial 1", "baseline"]
    assert "search" not in dict(lines(found))
    assert found.trials[1].record.number == BASELINE


def test_the_best_confirmed_settings_of_the_latest_search_are_shown_too(folder: Path) -> None:
    confirm(folder, "a-2", on_two_folds({0: 0.1, 3: 0.31, 4: 0.3, 1: 0.5, 5: 0.6}))
    found = select(folder, Request("alpha"))
    assert found.titles == [
        "best, confirmed 2nd: trial 3 of a-2",
        "median, confirmed 3rd: trial 1 of a-2",
        "baseline of a-2",
        "confirmed 1st: trial 4 of a-2",
        "winner: trial 2 of a-1",
    ]
    assert [[record.value for record in trial.folds] for trial in found.trials] == [
        pytest.approx([value - 0.01, value + 0.01]) for value in (0.31, 0.5, 0.1, 0.3)
    ] + [[]]
    assert all(len(record.curve) == 2 for trial in found.trials for record in trial.folds)
    assert dict(lines(found))["confirmed val_loss"] == ["0.31 ± 0.01", "0.5 ± 0.01", "0.1 ± 0.01", "0.3 ± 0.01", "-"]
    assert table(found)["confirmed val_loss, standard error"].tolist()[:4] == pytest.approx([0.01] * 4)


def test_the_page_stays_readable(folder: Path) -> None:
    for i in range(4, 9):
        remember(folder, f"a-{i}", (0.5, 0.4, 0.3, 0.6, 0.7, 0.8))
    confirm(folder, "a-8", on_two_folds({3: 0.3, 4: 0.4, 5: 0.5, 1: 0.6}))
    found = select(folder, Request("alpha"))
    assert len(found.trials) == MOST
    assert [trial.role for trial in found.trials][3:] == [
        "confirmed 2nd",
        "confirmed 3rd",
        "winner",
        "winner",
        "winner",
    ]


def test_a_trial_without_a_value_on_all_folds_is_not_confirmed(folder: Path) -> None:
    confirm(folder, "a-2", {**on_two_folds({3: 0.3, 4: None}), Confirms(1, 0, 2): 0.4, Confirms(3, 0, 1): 0.1})
    confirm(folder, "a-2", {Confirms(5, fold, 3): 0.1 for fold in range(2)})
    found = select(folder, Request("alpha", runs=("a-2/3", "a-2/4", "a-2/1", "a-2/5")))
    assert [len(trial.folds) for trial in found.trials] == [2, 0, 0, 0]


def test_of_two_confirmations_the_one_on_more_folds_counts(folder: Path) -> None:
    confirm(folder, "a-2", {**{Confirms(3, fold, 3): 0.5 for fold in range(3)}, **on_two_folds({3: 0.3})})
    (trial,) = select(folder, Request("alpha", runs=("a-2/3",))).trials
    assert [record.value for record in trial.folds] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("request_", "beginning"),
    [
        (
            Request("alpha"),
            "a-2 is better than a-1: confirmed log loss 0.3000 against 0.4000, 0.1 lower (95 % ",
        ),
        (Request("alpha", searches=("a-1", "a-2")), "a-2 is better than a-1: confirmed log loss 0.3000 against 0.4000"),
        (
            Request("alpha", searches=("a-1", "b-1")),
            "a-1 and b-1 cannot be compared: b-1 was not confirmed (make confirm EXP=beta).",
        ),
    ],
    ids=str,
)
def test_two_searches_are_compared_by_their_confirmed_losses(folder: Path, request_: Request, beginning: str) -> None:
    confirm(folder, "a-1", {}, 0.4)
    confirm(folder, "a-2", {}, 0.3)
    remember(folder, "a-3", (0.5, None))
    assert select(folder, request_).verdict.startswith(beginning)


@pytest.mark.parametrize(
    "request_",
    [
        Request("beta"),
        Request("alpha", runs=("a-1/1", "a-2/1")),
        Request("alpha", searches=("a-1",)),
        Request("alpha", searches=("a-1", "a-1")),
        Request("alpha", experiments=("beta",)),
    ],
    ids=str,
)
def test_without_two_searches_there_is_no_verdict(folder: Path, request_: Request) -> None:
    assert select(folder, request_).verdict == ""
