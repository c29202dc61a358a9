"""What every tracker promises: each one that `parts` lists records the same story, which is then read back."""

import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from pipeline.config.parts import names, part
from pipeline.evaluation.report import CHAMPION_CONFIRMED
from pipeline.trackers import Archive, ComparisonPage, ConfirmationRecord, Links, Tracker, TrialRecord
from pipeline.values.confirmed import Confirmed
from pipeline.values.events import (
    DatasetRecord,
    EpochEnded,
    FileAttached,
    SearchEnded,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import FOLD_SD, Confirms, End, Epoch, Outcome, Trial

pytestmark = pytest.mark.slow

BASELINE, EARLY, PRUNED, FAILED, CUT_OFF, LATE = range(6)
CONFIRMED = (Confirms(BASELINE, 0, 1), Confirms(LATE, 0, 2), Confirms(LATE, 1, 2))
"""What is confirmed after the search, by trial and fold."""
CHAMPION = Confirmed("log loss", "0" * 36, "Survived", (3, 5, 8), (0.1 + 0.2, 0.5, 1e-9), 1e-5)
EXTENDED = replace(CHAMPION, losses=(0.2, 0.4, 1e-9))
"""The confirmed loss of the champion after the interruption, and after the search was extended."""


@dataclass(frozen=True)
class Story:
    """A search that was interrupted, opened again and confirmed; and another one of the same experiment."""

    module: Any
    folder: Path
    interrupted: Sequence[TrialRecord]
    ended: Sequence[TrialRecord]
    links: Sequence[Links]

    def line(self, number: int) -> TrialRecord:
        return next(line for line in self.ended if line.number == number)


@pytest.fixture(scope="module", params=names("trackers"))
def story(request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    module: Any = part("trackers", request.param, "tracker")
    folder = tmp_path_factory.mktemp(request.param)
    with closing(sqlite3.connect(template)) as made, closing(sqlite3.connect(folder / "mlflow.db")) as copy:
        made.backup(copy)  # a copy of the file alone would not have what is in the write-ahead log
    picture = folder / "curves.png"
    picture.write_bytes(b"picture")

    tracker: Tracker = module.create(folder)
    tracker.open(search("one"))
    for number in (BASELINE, EARLY, PRUNED, FAILED, CUT_OFF):
        tracker.record(TrialStarted(trial(number), settings(number)))
    # the epochs of trials in flight come in turn
    for step in (1, 2, 3):
        for number in (BASELINE, EARLY, PRUNED, FAILED, CUT_OFF):
            tracker.record(EpochEnded(curve(number)[step - 1]))
    tracker.record(TrialEnded(outcome(BASELINE, End.COMPLETE)))
    tracker.record(TrialEnded(outcome(EARLY, End.STOPPED_EARLY)))
    tracker.record(TrialEnded(outcome(PRUNED, End.PRUNED)))
    tracker.record(TrialEnded(outcome(FAILED, End.FAILED)))
    tracker.record(SearchMeasured({"seconds/tune": 1.5, CHAMPION_CONFIRMED: 0.0}, {"note": "a word"}))
    tracker.record(FileAttached(picture, "figures"))
    tracker.record(FileAttached(written(CHAMPION, folder / "champion")))
    tracker.record(SearchEnded(interrupted=True))
    links = [tracker.close()]
    interrupted = module.open_archive(folder).curves("one")

    tracker = module.create(folder)
    tracker.open(search("one", trials="200"))
    for number in (CUT_OFF, LATE):
        tracker.record(TrialStarted(trial(number), settings(number)))
        for epoch in curve(number):
            tracker.record(EpochEnded(epoch))
        tracker.record(TrialEnded(outcome(number, End.COMPLETE)))
    for confirms in reversed(CONFIRMED):
        number = confirms.number
        tracker.record(TrialStarted(trial(number), settings(number)))
        for epoch in curve(number):
            tracker.record(EpochEnded(epoch))
        tracker.record(TrialEnded(outcome(number, End.COMPLETE)))
    tracker.record(FileAttached(written(EXTENDED, folder / "extended")))
    tracker.record(SearchMeasured({CHAMPION_CONFIRMED: 1.0}))
    tracker.record(SearchEnded())
    links.append(tracker.close())

    tracker = module.create(folder)
    tracker.open(search("two"))
    tracker.record(FileAttached(written(CHAMPION, folder / "earlier")))
    # the search was extended, and its new champion is not confirmed
    tracker.record(SearchMeasured({CHAMPION_CONFIRMED: 0.0}))
    tracker.record(SearchEnded())
    links.append(tracker.close())
    return Story(module, folder, interrupted, module.open_archive(folder).curves("one"), links)


def test_nothing_is_owed_after_close(story: Story) -> None:
    assert [link.owed for link in story.links] == [0, 0, 0]


def test_addresses_are_absolute(story: Story) -> None:
    assert all(address.startswith("http") for link in story.links for address in link.addresses.values())


def test_every_trial_is_there_once_the_baseline_first(story: Story) -> None:
    assert [line.number for line in story.interrupted] == [BASELINE, EARLY, PRUNED, FAILED, CUT_OFF]
    assert [line.number for line in story.ended] == [BASELINE, EARLY, PRUNED, FAILED, CUT_OFF, LATE]


@pytest.mark.parametrize("number", [BASELINE, EARLY, PRUNED, FAILED, CUT_OFF, LATE])
def test_a_curve_reads_back_equal_nan_and_infinity_included(story: Story, number: int) -> None:
    assert comparable(story.line(number).curve) == comparable(curve(number))


def test_ends_read_back(story: Story) -> None:
    found = {line.number: line.end for line in story.ended}
    assert found == {
        BASELINE: End.COMPLETE,
        EARLY: End.STOPPED_EARLY,
        PRUNED: End.PRUNED,
        FAILED: End.FAILED,
        CUT_OFF: End.COMPLETE,
        LATE: End.COMPLETE,
    }


def test_a_value_and_its_epoch_read_back_where_the_trial_has_them(story: Story) -> None:
    assert story.line(BASELINE).value == outcome(BASELINE, End.COMPLETE).value
    assert story.line(BASELINE).best_epoch == 2
    assert story.line(PRUNED).value is None
    assert story.line(FAILED).best_epoch is None


def test_settings_read_back_as_text(story: Story) -> None:
    assert story.line(EARLY).settings == {name: str(value) for name, value in settings(EARLY).items()}


def test_a_trial_in_flight_at_an_interruption_has_a_curve_and_no_end(story: Story) -> None:
    line = next(line for line in story.interrupted if line.number == CUT_OFF)
    assert (line.end, line.value, line.best_epoch) == (None, None, None)
    assert comparable(line.curve) == comparable(curve(CUT_OFF))


def test_confirmations_read_back_equal_by_trial_and_fold(story: Story) -> None:
    archive: Archive = story.module.open_archive(story.folder)
    found: Sequence[ConfirmationRecord] = archive.confirmations("one")
    assert tuple(line.confirms for line in found) == CONFIRMED
    for line in found:
        number = line.confirms.number
        ended = outcome(number, End.COMPLETE)
        assert (line.record.number, line.record.end) == (number, End.COMPLETE)
        assert (line.record.value, line.record.best_epoch) == (ended.value, ended.best_epoch)
        assert line.record.settings == {name: str(value) for name, value in settings(number).items()}
        assert comparable(line.record.curve) == comparable(curve(number))
        assert list(archive.find(line.record.run)) == []
    assert list(archive.confirmations("two")) == list(archive.confirmations("three")) == []


def test_the_latest_confirmed_loss_of_a_champion_reads_back_equal(story: Story) -> None:
    archive: Archive = story.module.open_archive(story.folder)
    assert archive.confirmed("one") == EXTENDED
    assert archive.confirmed("two") is archive.confirmed("three") is None


def test_searches_are_named_once_the_latest_first(story: Story) -> None:
    assert list(story.module.open_archive(story.folder).searches("titanic")) == ["two", "one"]


def test_what_was_never_recorded_reads_back_as_nothing(story: Story) -> None:
    archive = story.module.open_archive(story.folder)
    assert list(archive.searches("mnist")) == []
    assert list(archive.curves("three")) == []
    assert archive.champion("mnist") is None
    assert list(archive.models("mnist")) == list(archive.models("titanic")) == []


def test_a_trial_of_which_no_curve_is_asked_reads_back_the_same_without_it(story: Story) -> None:
    archive: Archive = story.module.open_archive(story.folder)
    found = archive.curves("one", {EARLY})
    assert [bool(line.curve) for line in found] == [line.number == EARLY for line in story.ended]
    bare = [replace(line, curve=(), epochs=3) for line in story.ended]
    assert [replace(line, curve=(), epochs=3) for line in found] == bare


def test_what_a_trial_took_reads_back(story: Story) -> None:
    assert {(line.epochs, line.parameters, line.seconds["train"]) for line in story.ended} == {(3, 100, 0.75)}


def test_a_trial_is_found_by_the_beginning_of_its_run(story: Story) -> None:
    archive: Archive = story.module.open_archive(story.folder)
    for line in story.ended:
        assert list(archive.find(line.run)) == [("one", line.number)]
        assert ("one", line.number) in archive.find(line.run[:3])
    assert list(archive.find("no such run")) == []


def test_a_search_as_a_whole_reads_back(story: Story) -> None:
    archive: Archive = story.module.open_archive(story.folder)
    summary = archive.summary("one")
    assert summary is not None
    assert (summary.identity, summary.experiment, summary.title) == ("one", "titanic", "search one")
    assert (summary.objective, summary.metrics["seconds/tune"]) == ("val_loss", 1.5)
    assert archive.summary("three") is None
    assert list(archive.experiments()) == ["titanic"]


def test_a_comparison_is_kept_and_is_no_search(story: Story) -> None:
    page = story.folder / "pages" / "compare.html"
    page.parent.mkdir()
    page.write_text("a page")
    links = story.module.attach(story.folder, ComparisonPage("titanic", "compare two", {"trials": "one/1 one/2"}, page))
    assert all(address.startswith("http") for address in links.addresses.values())
    assert links.owed == 0
    archive: Archive = story.module.open_archive(story.folder)
    assert list(archive.searches("titanic")) == ["two", "one"]
    assert len(archive.curves("one")) == len(story.ended)


def written(confirmed: Confirmed, folder: Path) -> Path:
    """The file of a confirmed loss in a new folder."""
    folder.mkdir()
    path = folder / "confirmed.json"
    path.write_bytes(TypeAdapter(Confirmed).dump_json(confirmed))
    return path


def search(identity: str, trials: str = "100") -> SearchRecord:
    columns = {"Age": "float64", "Sex": "str", "Survived": "int64"}
    return SearchRecord(
        identity=identity,
        experiment="titanic",
        title=f"search {identity}",
        objective="val_loss",
        settings={"search.trials": trials, "search.sampler": "tpe"},
        tags={"code": "abc"},
        files={"experiment.toml": "[data]\n"},
        dataset=DatasetRecord("titanic", "titanic.csv", "0" * 64, 891, "Survived", columns),
    )


def trial(number: int) -> Trial:
    return Trial(number, {"width": 8 * number}, seed=number, epochs=3, confirms=Confirms.of(number))


def settings(number: int) -> dict[str, bool | int | float | str]:
    return {"width": 8 * number, "learning_rate": 1e-4, "optimizer": "adam", "nesterov": True}


def curve(number: int) -> tuple[Epoch, ...]:
    losses = {
        EARLY: (0.5, math.nan, math.nan),
        FAILED: (0.5, math.inf, -math.inf),
    }.get(number, (0.7 + number, 0.1 + 0.2, 0.6))
    spread = {FOLD_SD + "val_loss": 0.125} if number == LATE else {}
    return tuple(
        Epoch(number, step, {"loss": loss, "val_loss": loss, "val_accuracy": 0.5, **spread}, seconds=0.25)
        for step, loss in enumerate(losses, start=1)
    )


def outcome(number: int, end: End) -> Outcome:
    has_value = end in (End.COMPLETE, End.STOPPED_EARLY)
    best = 1 if number == EARLY else 2
    return Outcome(
        trial(number),
        settings(number),
        end,
        curve(number)[best - 1].metrics["val_loss"] if has_value else None,
        best if has_value else None,
        curve(number),
        reason="no memory" if end is End.FAILED else "",
        seconds={"train": 0.75},
        parameters=100,
        summary="Model: a small one",
    )


def comparable(found: Sequence[Epoch]) -> list[tuple[int, int, float, dict[str, str]]]:
    """Epochs that compare as people read them: NaN equals NaN."""
    return [(e.trial, e.number, e.seconds, {k: repr(v) for k, v in sorted(e.metrics.items())}) for e in found]
