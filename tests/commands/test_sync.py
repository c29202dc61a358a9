"""`make sync` as a user sees it: it delivers events that searches could not, and says what is still left and why."""

from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.trackers import Reason
from pipeline.trackers.mlflow import open_archive
from pipeline.trackers.mlflow.sync import deliver_rest
from pipeline.trackers.mlflow.tracker import MlflowTracker
from pipeline.values.events import (
    DatasetRecord,
    EpochEnded,
    FileAttached,
    SearchEnded,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import End, Epoch, Outcome, Trial

pytestmark = pytest.mark.slow

EVENTS = 6


@pytest.fixture
def undelivered(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a missing file that is attached to a search, which ended while MLflow did not answer."""
    monkeypatch.chdir(here)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    tracker = MlflowTracker(here / "mlruns", wait=0.5)
    tracker.open(SearchRecord("one", "cars", "t", "loss", {}, {}, {}, DatasetRecord("cars", "made", "0", 1, "y", {})))
    trial, curve = Trial(1, {}, 1, 2), tuple(Epoch(1, number, {"loss": 1 / number}) for number in (1, 2))
    tracker.record(TrialStarted(trial, {}))
    for epoch in curve:
        tracker.record(EpochEnded(epoch))
    tracker.record(TrialEnded(Outcome(trial, {}, End.COMPLETE, 0.5, 2, curve)))
    tracker.record(FileAttached(here / "late.txt"))
    tracker.record(SearchEnded())
    assert tracker.close().owed == EVENTS
    return here / "late.txt"


def test_what_a_search_could_not_deliver_is_delivered_and_what_is_owed_is_said(
    undelivered: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (account,) = deliver_rest(here / "mlruns", 0.5)
    assert (account.delivered, account.owed, account.reason) == (0, EVENTS, Reason.AWAY)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    capfd.readouterr()

    assert main(["sync"]) == 1
    delivered, owed = capfd.readouterr().out.splitlines()
    assert delivered == f"one: {EVENTS - 1} events delivered"
    assert owed == "one: 1 event not delivered yet: MLflow refuses them (details in mlruns/logs/sync.log)"
    (line,) = open_archive(here / "mlruns").curves("one")
    assert (line.end, len(line.curve)) == (End.COMPLETE, 2)

    undelivered.write_text("there")
    assert main(["sync"]) == 0
    assert capfd.readouterr().out == "one: 1 event delivered\n"
    assert main(["sync"]) == 0
    assert capfd.readouterr().out == "Nothing to deliver: MLflow has every event.\n"


def test_a_search_that_still_runs_delivers_by_itself(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    tracker = MlflowTracker(here / "mlruns", wait=0.5)
    tracker.open(SearchRecord("one", "cars", "t", "loss", {}, {}, {}, DatasetRecord("cars", "made", "0", 1, "y", {})))
    tracker.record(TrialStarted(Trial(1, {}, 1, 2), {}))
    assert [account.reason for account in deliver_rest(here / "mlruns", 0.5)] == [Reason.RUNNING]
    tracker.close()
