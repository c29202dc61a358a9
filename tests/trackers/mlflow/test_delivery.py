import json
import math
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.trackers import Reason
from pipeline.trackers.mlflow import deliver, relay
from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.trackers.mlflow.encoding import Opened, encode
from pipeline.trackers.mlflow.links import Place, addresses, announced, root
from pipeline.trackers.mlflow.relay import Relay
from pipeline.trackers.mlflow.retry import Retry
from pipeline.trackers.mlflow.spool import DeliveryState, Spool
from pipeline.trackers.mlflow.store import connect
from pipeline.trackers.mlflow.tracker import GAVE_UP
from pipeline.trackers.mlflow.writer import write
from pipeline.values.events import (
    EpochEnded,
    Event,
    FileAttached,
    SearchEnded,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import Confirms, End, Epoch, Outcome, Trial

Deliver = Callable[[Sequence[Event]], MlflowArchive]
Write = Callable[[Sequence[Event]], Spool]
Trained = Callable[..., list[Event]]
Points = Callable[[Path], list[tuple[Any, ...]]]
NEVER = Retry(0.5, lambda: False)


def test_a_search_is_a_run_with_its_settings_files_and_data(
    delivered: Deliver, folder: Path, record: SearchRecord, tmp_path: Path
) -> None:
    (tmp_path / "curves.html").write_text("<html>")
    measured = SearchMeasured({"test/accuracy": 0.8}, {"champion": "trial 3"})
    archive = delivered([measured, FileAttached(tmp_path / "curves.html", "figures"), SearchEnded()])
    run = archive.search("one")
    assert run is not None
    assert (run.info.run_name, run.info.status) == (record.title, "FINISHED")
    assert (run.data.params, run.data.metrics) == (record.settings, {"test/accuracy": 0.8})
    assert {"code": "abc", "champion": "trial 3"}.items() <= run.data.tags.items()
    artifacts = folder / "artifacts" / "titanic" / run.info.run_id / "artifacts"
    assert (artifacts / "experiment.toml").read_text() == "[data]\n"
    assert (artifacts / "figures" / "curves.html").exists()
    (given,) = run.inputs.dataset_inputs
    assert (given.dataset.name, len(given.dataset.digest)) == ("titanic", 36)
    assert '"num_rows": 891' in given.dataset.profile


def test_a_trial_is_a_nested_run_with_its_end_at_one_glance(delivered: Deliver) -> None:
    trial = Trial(7, {"width": 8}, seed=3, epochs=9, parent=2)
    curve = (Epoch(7, 1, {"val_loss": 0.5}), Epoch(7, 2, {"val_loss": 0.25}), Epoch(7, 3, {"val_loss": 0.75}))
    outcome = Outcome(trial, {"width": 8}, End.STOPPED_EARLY, 0.25, 2, curve, "", {"train": 1.5}, 64, "| Dense |")
    archive = delivered(
        [TrialStarted(trial, {"width": 8}), *map(EpochEnded, curve), TrialEnded(outcome), SearchEnded()]
    )
    (run,) = archive.trials("one")
    parent = archive.search("one")
    assert parent is not None
    assert (run.info.run_name, run.info.status) == ("trial 7", "FINISHED")
    assert run.data.params == {"width": "8"}
    ended = {"best/val_loss": 0.25, "best/epoch": 2, "value": 0.25, "epochs": 3, "parameters": 64, "seconds/train": 1.5}
    assert run.data.metrics == {"val_loss": 0.75, **ended}
    tags = {"end": "stopped early", "trial": "7", "search": "one", "seed": "3", "parent": "2"}
    assert {**tags, "mlflow.parentRunId": parent.info.run_id}.items() <= run.data.tags.items()
    assert run.data.tags["mlflow.note.content"] == "```\n| Dense |\n```"
    assert (run.info.start_time, run.info.end_time) == (1_700_000_000_001, 1_700_000_000_005)


def test_a_confirmation_is_a_nested_run_of_its_own_kind(
    delivered: Deliver, folder: Path, record: SearchRecord, trained: Trained
) -> None:
    archive = delivered([*trained(7), *trained(Confirms(7, 1, 4).number), SearchEnded()])
    assert [run.info.run_name for run in archive.trials("one")] == ["trial 7"]
    (found,) = archive.confirmations("one")
    run = connect(folder).get_run(found.record.run)
    assert (run.info.run_name, run.info.status) == ("trial 7, fold 2 of 4", "FINISHED")
    tags = {"kind": "confirmation", "trial": "7", "fold": "2", "folds": "4", "search": "one"}
    assert {**tags, "seed": str(Confirms(7, 1, 4).number)}.items() <= run.data.tags.items()


def test_a_confirmation_that_a_killed_search_began_keeps_its_run(
    delivered: Deliver, folder: Path, trained: Trained, points: Points
) -> None:
    number = Confirms(7, 1, 4).number
    (before,) = delivered([*trained(number, 5, ends=False)]).confirmations("one")
    assert before.record.end is None
    # the new writer meets the end alone: the start and the epochs are delivered already
    (after,) = delivered([trained(number, 5)[-1], SearchEnded()]).confirmations("one")
    assert after.record.run == before.record.run
    assert (after.record.end, len(after.record.curve)) == (End.COMPLETE, 5)
    assert sorted(step for _, key, step in points(folder / "mlflow.db") if key == "loss") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("end", "status"), [(End.COMPLETE, "FINISHED"), (End.PRUNED, "KILLED"), (End.FAILED, "FAILED")]
)
def test_an_end_has_its_status(delivered: Deliver, end: End, status: str) -> None:
    trial = Trial(0, {}, 1, 1)
    archive = delivered([TrialStarted(trial, {}), TrialEnded(Outcome(trial, {}, end, None, None, (), "no memory"))])
    (run,) = archive.trials("one")
    assert (run.info.run_name, run.info.status, run.data.tags["reason"]) == ("baseline", status, "no memory")


def test_more_than_a_batch_holds_arrives_whole(delivered: Deliver) -> None:
    trial = Trial(1, {}, 1, 400)
    settings = {f"setting_{i}": i for i in range(250)}
    curve = tuple(Epoch(1, e, {"loss": e / 7, "val_loss": math.nan, "mae": math.inf}) for e in range(1, 401))
    outcome = Outcome(trial, settings, End.COMPLETE, 0.5, 400, curve, summary="x" * 20_000)
    archive = delivered([TrialStarted(trial, settings), *map(EpochEnded, curve), TrialEnded(outcome)])
    (line,) = archive.curves("one")
    assert repr([sorted(e.metrics.items()) for e in line.curve]) == repr([sorted(e.metrics.items()) for e in curve])
    assert len(line.settings) == 250
    assert archive.trials("one")[0].data.tags["mlflow.note.content"].endswith("x\n```")


def test_a_search_that_ends_without_a_word_was_interrupted(delivered: Deliver, trained: Trained) -> None:
    archive = delivered([*trained(1), *trained(2, ends=False)])
    parent = archive.search("one")
    assert parent is not None
    assert parent.info.status == "KILLED"
    ended, cut_off = archive.trials("one")
    assert (ended.info.status, ended.data.tags["end"]) == ("FINISHED", "complete")
    assert (cut_off.info.status, cut_off.data.tags["end"]) == ("KILLED", "interrupted")


def test_a_trial_taken_up_again_keeps_its_run_and_has_each_epoch_once(
    delivered: Deliver, folder: Path, trained: Trained, points: Points
) -> None:
    (before,) = delivered([*trained(1, 5, ends=False), SearchEnded(interrupted=True)]).trials("one")
    (after,) = delivered([*trained(1, 5), SearchEnded()]).trials("one")
    assert after.info.run_id == before.info.run_id
    assert (after.info.status, after.data.tags["end"]) == ("FINISHED", "complete")
    found = points(folder / "mlflow.db")
    assert sorted(step for _, key, step in found if key == "loss") == [1, 2, 3, 4, 5]


def test_a_setting_that_is_extended_is_a_tag_beside_the_param(
    delivered: Deliver, folder: Path, record: SearchRecord
) -> None:
    delivered([SearchEnded()])
    spool = Spool(folder, "one")
    with spool.appending() as file:
        file.write(encode(1_700_000_001_000, Opened(replace(record, settings={"search.trials": "200"}))))
    write(spool, folder, NEVER)
    run = MlflowArchive(folder).search("one")
    assert run is not None
    assert (run.data.params["search.trials"], run.data.tags["search.trials"]) == ("100", "200")
    assert spool.owed == 0


def test_all_delivered_again_is_all_there_once(
    delivered: Deliver, folder: Path, trained: Trained, points: Points
) -> None:
    events = [*trained(0), *trained(1), SearchMeasured({"test/loss": 1.0}), SearchEnded()]
    first = delivered(events)
    before = sorted(points(folder / "mlflow.db"))
    spool = Spool(folder, "one")
    spool.save(DeliveryState())
    write(spool, folder, NEVER)
    assert sorted(points(folder / "mlflow.db")) == before
    assert len(first.trials("one")) == 2
    assert len(first.searches("titanic")) == 1


def test_a_long_trial_grows_while_it_runs(
    spooled: Write, folder: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "FLUSH", -1.0)
    monkeypatch.setattr(relay, "SHARE", -1.0)
    spool = spooled(trained(1, 4, ends=False))
    with spool.writing(wait=True):
        Relay(spool, folder, NEVER).advance()
    (run,) = MlflowArchive(folder).trials("one")
    assert (run.info.status, run.data.metrics["loss"]) == ("RUNNING", 0.25)
    assert spool.owed == 0


def test_what_mlflow_refuses_is_owed_and_holds_up_nothing(
    spooled: Write, folder: Path, tmp_path: Path, trained: Trained
) -> None:
    late = tmp_path / "late.html"
    spool = spooled([FileAttached(late), *trained(1), SearchEnded()])
    assert write(spool, folder, NEVER) == 0
    archive = MlflowArchive(folder)
    assert archive.curves("one")[0].end is End.COMPLETE
    assert spool.owed == 1
    assert [(account.owed, account.reason) for account in deliver(folder)] == [(1, Reason.REFUSED)]
    late.write_text("<html>")
    assert [account.owed for account in deliver(folder)] == [0]
    run = archive.search("one")
    assert run is not None
    assert "late.html" in [file.path for file in connect(folder).list_artifacts(run.info.run_id)]


def test_an_opening_that_mlflow_refuses_does_not_reopen_the_search_when_it_is_tried_again(
    spooled: Write, folder: Path, record: SearchRecord, trained: Trained
) -> None:
    spool = Spool(folder, "one")
    with spool.appending() as file:
        opened = Opened(replace(record, settings={"a setting?": "1"}))
        for at, message in enumerate([opened, *trained(1), SearchEnded()], start=1_700_000_000_000):
            file.write(encode(at, message))
    assert write(spool, folder, NEVER) == 0
    # a waiting opening is no event and is not counted; a refused one is
    assert spool.owed == 1
    run = MlflowArchive(folder).search("one")
    assert run is not None
    assert run.info.status == "FINISHED"


def test_a_run_that_a_person_deletes_holds_up_nothing(
    spooled: Write, folder: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "FLUSH", -1.0)
    monkeypatch.setattr(relay, "SHARE", -1.0)
    *before, end = trained(1)
    spool = spooled(before)
    writing = Relay(spool, folder, NEVER)
    writing.advance()
    archive = MlflowArchive(folder)
    connect(folder).delete_run(archive.trials("one")[0].info.run_id)
    with spool.appending() as file:
        for at, event in enumerate([end, *trained(2), SearchEnded()], start=1_700_000_001_000):
            file.write(encode(at, event))
    writing.advance()
    writing.finish()
    assert [(line.number, line.end) for line in archive.curves("one")] == [(1, End.COMPLETE), (2, End.COMPLETE)]
    assert spool.owed == 0


def test_a_locked_database_is_waited_for(spooled: Write, folder: Path, trained: Trained) -> None:
    spool = spooled([*trained(1), SearchEnded()])
    MlflowArchive(folder)
    with closing(sqlite3.connect(folder / "mlflow.db", check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(1.0, other.execute, ["ROLLBACK"])
        release.start()
        assert write(spool, folder, Retry(30, lambda: False)) == 0
        release.join()
    assert spool.owed == 0


@pytest.mark.slow
def test_a_server_that_is_away_costs_no_event(
    spooled: Write, folder: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    spool = spooled([*trained(1), SearchEnded()])
    assert write(spool, folder, NEVER) == GAVE_UP
    assert spool.owed == 6
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert [account.owed for account in deliver(folder)] == [0]
    assert len(MlflowArchive(folder).curves("one")[0].curve) == 3


def test_addresses_name_the_experiment_the_search_and_its_best_trials(
    spooled: Write, folder: Path, trained: Trained
) -> None:
    # the confirmation has the best value of all, and is none of the trials
    numbers = (6, 5, 4, 3, 2, 1, Confirms(1, 0, 1).number)
    spool = spooled([event for number in numbers for event in trained(number)] + [SearchEnded()])
    write(spool, folder, NEVER)
    archive = MlflowArchive(folder)
    parent = archive.search("one")
    place = spool.state.place
    assert parent is not None
    assert place is not None
    found = addresses(place, root(folder))
    top = f"http://127.0.0.1:5000/#/experiments/{parent.info.experiment_id}/runs"
    assert found["search"].startswith(f"{top}/{parent.info.run_id}?")
    listed = parse_qs(urlsplit(found["charts"].replace("/#/", "/")).query)
    (key,) = listed["viewStateShareKey"]
    experiment = connect(folder).get_experiment(parent.info.experiment_id)
    view = json.loads(experiment.tags[f"mlflow.sharedViewState.{key}"])
    assert view["searchFilter"] == f'tags.`mlflow.parentRunId` = "{parent.info.run_id}" and tags.kind = "trial"'
    shown = connect(folder).search_runs([parent.info.experiment_id], view["searchFilter"])
    assert {run.info.run_id for run in shown} == {run.info.run_id for run in archive.trials("one")}
    assert (view["orderByKey"], view["orderByAsc"]) == ("metrics.`value`", True)
    assert [chart["metricKey"] for chart in view["compareRunCharts"]] == ["val_loss", "loss"]
    asked = parse_qs(urlsplit(found["curves of the best five"].replace("/#/", "/")).query)
    best = [run.info.run_id for run in archive.trials("one")][:5]
    assert asked["runs"] == [str(best).replace("'", '"').replace(" ", "")]
    assert (asked["metric"], asked["x_axis"]) == (['"val_loss"'], ["step"])


def test_links_lead_to_a_tracking_server_or_to_the_port_on_which_the_ui_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert root(folder) == "http://127.0.0.1:5000"
    with announced(folder, "http://127.0.0.1:5007"):
        assert root(folder) == "http://127.0.0.1:5007"
    assert root(folder) == "http://127.0.0.1:5000"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:80/")
    assert addresses(Place("1", "a", "val_loss"), root(folder))["search"].startswith(
        "http://tracking:80/#/experiments/"
    )
