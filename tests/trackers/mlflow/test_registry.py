import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any, TypeAlias

import pandas as pd
import pytest
from mlflow import MlflowClient
from pydantic import TypeAdapter

from pipeline.__main__ import main
from pipeline.commands import sync
from pipeline.evaluation import champion
from pipeline.trackers.mlflow.archive import MlflowArchive
from pipeline.trackers.mlflow.encoding import Opened, encode
from pipeline.trackers.mlflow.promotion import ASK
from pipeline.trackers.mlflow.retry import Retry
from pipeline.trackers.mlflow.spool import DeliveryState, Spool
from pipeline.trackers.mlflow.store import connect, current, uri
from pipeline.trackers.mlflow.tracker import MlflowTracker
from pipeline.trackers.mlflow.writer import write
from pipeline.values.confirmed import Confirmed
from pipeline.values.events import ChampionRegistered, Event, SearchEnded, SearchMeasured, SearchRecord

NEVER = Retry(0.5, lambda: False)
Search: TypeAlias = Callable[..., Spool]
Confirm: TypeAlias = Callable[..., Confirmed]


def test_a_champion_loads_by_its_alias_and_is_registered_once(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    import mlflow

    archive = delivered([*trained(1), *trained(2), ChampionRegistered(champion, 2), SearchEnded()])
    spool = Spool(folder, "one")
    assert spool.owed == 0
    spool.save(DeliveryState())
    write(spool, folder, Retry(0.5, lambda: False))

    client = connect(folder)
    (version,) = client.search_model_versions("name = 'titanic'")
    parent, run = archive.search("one"), archive.trials("one")[1]
    assert parent is not None
    assert version.run_id == parent.info.run_id
    assert {"search": "one", "trial": "2", "run": run.info.run_id}.items() <= version.tags.items()
    assert len(client.search_logged_models(["0", run.info.experiment_id])) == 1
    assert list((folder / "artifacts" / "titanic" / "models").glob("*/artifacts/MLmodel"))

    with current(uri(folder)):
        model = mlflow.pyfunc.load_model("models:/titanic@champion")
    assert model.metadata.get_input_schema().input_names() == ["Age", "Ticket", "Bought_at"]
    # a column of whole ages is int64, and with a gap it is float64: the model takes both
    for ages, first in (([1, 2], 11), ([1.5, None], 11.5)):
        asked = pd.DataFrame({"Age": ages, "Ticket": ["113803", "a"], "Bought_at": [None, "x"]})
        assert model.predict(asked)["age"].iloc[0] == first
    example = model.input_example
    assert example["Ticket"].iloc[0] == "113803"
    assert example["Bought_at"].iloc[0] == "2020-01-01"


def test_a_model_that_was_logged_and_not_registered_is_not_logged_again(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    archive = delivered([*trained(1), ChampionRegistered(champion, 1)])
    client = connect(folder)
    client.delete_model_version("titanic", "1")
    (run,), parent = archive.trials("one"), archive.search("one")
    assert parent is not None
    # what a writer leaves behind if it is killed during an upload
    tags = {"search": "one", "trial": "1", "run": run.info.run_id}
    client.create_logged_model(run.info.experiment_id, "half", parent.info.run_id, tags=tags)
    delivered([ChampionRegistered(champion, 1), SearchEnded()])
    (model,) = client.search_logged_models([run.info.experiment_id])
    assert client.get_model_version_by_alias("titanic", "champion").source == f"models:/{model.model_id}"


def test_the_alias_moves_to_a_later_champion(
    delivered: Callable[[Sequence[Event]], MlflowArchive],
    folder: Path,
    trained: Callable[..., list[Event]],
    champion: Path,
) -> None:
    delivered([*trained(1), ChampionRegistered(champion, 1), SearchEnded()])
    archive = delivered([*trained(2), ChampionRegistered(champion, 2), SearchEnded()])
    version = connect(folder).get_model_version_by_alias("titanic", "champion")
    assert version.tags["run"] == archive.trials("one")[1].info.run_id


@pytest.fixture
def searched(folder: Path, record: SearchRecord, trained: Callable[..., list[Event]], champion: Path) -> Search:
    """Delivers a search that ends with a champion, which may be confirmed; the result is the search's spool.

    With `deliver=False` its events are still owed.
    """

    def search(
        name: str,
        confirmed: Confirmed | None = None,
        *,
        at: int = 0,
        promote: bool = False,
        deliver: bool = True,
        **data: Any,
    ) -> Spool:
        mine = copytree(champion, champion.with_name(name), dirs_exist_ok=True)
        if confirmed is not None:
            (mine / "confirmed.json").write_bytes(TypeAdapter(Confirmed).dump_json(confirmed))
        opened = Opened(replace(record, identity=name, dataset=replace(record.dataset, **data)))
        events = [opened, *trained(1), ChampionRegistered(mine, 1, promote), SearchEnded()]
        spool = Spool(folder, name)
        with spool.appending() as file:
            for when, event in enumerate(events, start=1_700_000_000_000 + at):
                file.write(encode(when, event))
        if deliver:
            assert write(spool, folder, NEVER) == 0
            assert spool.owed == 0
        return spool

    return search


def champion_of(folder: Path) -> str:
    return str(connect(folder).get_model_version_by_alias("titanic", "champion").version)


def version(folder: Path, number: str) -> Any:
    return connect(folder).get_model_version("titanic", number)


def again(spool: Spool, folder: Path) -> None:
    """Deliver a whole search once more, as if nothing were known of its delivery."""
    spool.save(DeliveryState())
    assert write(spool, folder, NEVER) == 0


def test_the_first_version_is_the_champion_without_a_note(searched: Search, folder: Path, confirmed: Confirm) -> None:
    assert searched("one", confirmed(0.43)).state.notes == ()
    assert champion_of(folder) == "1"
    tags = version(folder, "1").tags
    assert (tags["confirmed"], tags["confirmed_metric"]) == ("0.43", "log loss")
    assert 0.003 < float(tags["confirmed_half_interval"]) < 0.004


def test_a_better_version_becomes_the_champion(searched: Search, folder: Path, confirmed: Confirm) -> None:
    searched("one", confirmed(0.43))
    (note,) = searched("two", confirmed(0.40)).state.notes
    assert champion_of(folder) == "2"
    assert note.startswith("Version 2 is now the champion: its confirmed log loss is 0.4, that of version 1 is 0.43 (")
    assert version(folder, "2").tags["decision"] == version(folder, "2").description == note


def test_a_worse_version_is_registered_and_the_champion_stays(
    searched: Search, folder: Path, confirmed: Confirm
) -> None:
    searched("one", confirmed(0.43))
    (note,) = searched("two", confirmed(0.46)).state.notes
    assert champion_of(folder) == "1"
    assert note.startswith("Version 1 stays the champion: its confirmed log loss is 0.43, that of version 2 is 0.46 (")
    assert version(folder, "2").tags["decision"] == note


def test_a_version_of_other_data_needs_promote(searched: Search, folder: Path, confirmed: Confirm) -> None:
    searched("one", confirmed(0.43))
    (note,) = searched("two", confirmed(0.2, digest="1" * 64)).state.notes
    assert champion_of(folder) == "1"
    assert note.endswith(ASK)
    searched("three", confirmed(0.2, digest="1" * 64), promote=True)
    assert champion_of(folder) == "3"


def test_the_data_of_searches_that_were_not_confirmed_are_those_of_their_runs(searched: Search, folder: Path) -> None:
    searched("one")
    (note,) = searched("two").state.notes
    assert champion_of(folder) == "2"
    assert note.startswith("Version 2 is now the champion: neither version 2 nor version 1 was confirmed")
    for name, data in {"three": {"digest": "1" * 64}, "four": {"target": "Age"}}.items():
        (note,) = searched(name, **data).state.notes
        assert champion_of(folder) == "2"
        assert note.endswith(ASK)


def test_a_version_from_before_confirmations_is_replaced(searched: Search, folder: Path, confirmed: Confirm) -> None:
    searched("one")
    client = connect(folder)
    for tag in ("decision", "replaced", "decided"):
        client.delete_model_version_tag("titanic", "1", tag)
    (note,) = searched("two", confirmed(0.43)).state.notes
    assert champion_of(folder) == "2"
    assert note == ("Version 2 is now the champion: version 1 was not confirmed, so the two could not be compared.")


def test_promote_makes_a_worse_version_the_champion(searched: Search, folder: Path, confirmed: Confirm) -> None:
    searched("one", confirmed(0.43))
    (note,) = searched("two", confirmed(0.46), promote=True).state.notes
    assert champion_of(folder) == "2"
    assert note.startswith("Version 2 is now the champion because PROMOTE=1 was given: its confirmed log loss is 0.46")


def test_sync_prints_the_decision_about_a_champion_that_it_registers(
    searched: Search,
    folder: Path,
    confirmed: Confirm,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sync, "MLRUNS", folder)
    monkeypatch.setattr(sync, "LOG", folder / "logs" / "sync.log")
    searched("one", confirmed(0.43))
    spool = searched("two", confirmed(0.40), deliver=False)
    capfd.readouterr()
    assert main(["sync"]) == 0
    count, decision = capfd.readouterr().out.splitlines()
    assert count.startswith("two: ")
    assert decision.startswith(
        "two: Version 2 is now the champion: its confirmed log loss is 0.4, that of version 1 is"
    )

    # what is delivered later and decides nothing does not say it again
    with spool.appending() as file:
        file.write(encode(1_700_000_001_000, SearchMeasured({"loss": 1.0})))
    assert main(["sync"]) == 0
    assert capfd.readouterr().out == "two: 1 event delivered\n"


@pytest.mark.slow
def test_the_decision_comes_back_when_a_tracker_closes(
    folder: Path, record: SearchRecord, trained: Callable[..., list[Event]], champion: Path
) -> None:
    notes = []
    for identity in ("one", "two"):
        tracker = MlflowTracker(folder, wait=1)
        tracker.open(replace(record, identity=identity))
        for event in [*trained(1), ChampionRegistered(champion, 1), SearchEnded()]:
            tracker.record(event)
        notes.append(tracker.close().notes)
    assert notes == [(), (version(folder, "2").tags["decision"],)]


@pytest.mark.parametrize("loss", [0.40, 0.46])
def test_what_is_delivered_again_is_decided_as_before(
    searched: Search, folder: Path, confirmed: Confirm, loss: float
) -> None:
    first, second = searched("one", confirmed(0.43)), searched("two", confirmed(loss))
    before = (champion_of(folder), second.state.notes)
    for spool in (second, first, second):
        again(spool, folder)
        assert (champion_of(folder), second.state.notes) == before
    assert len(connect(folder).search_model_versions("name = 'titanic'")) == 2


def test_an_old_search_that_is_delivered_again_does_not_take_the_alias_back(
    searched: Search, folder: Path, confirmed: Confirm
) -> None:
    spools = [searched("one", confirmed(0.43)), searched("two", confirmed(0.40)), searched("three", confirmed(0.37))]
    for spool in spools:
        again(spool, folder)
        assert champion_of(folder) == "3"


@pytest.mark.parametrize("broken", ["set_registered_model_alias", "set_model_version_tag", "update_model_version"])
def test_a_decision_that_a_crash_cut_short_is_the_same_after_it(
    searched: Search, folder: Path, confirmed: Confirm, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    searched("one", confirmed(0.43))
    calls = []

    def once(self: Any, *given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise ConnectionError
        return right(self, *given, **named)

    right = getattr(MlflowClient, broken)
    monkeypatch.setattr(MlflowClient, broken, once)
    (note,) = searched("two", confirmed(0.40)).state.notes
    assert len(calls) > 1
    assert champion_of(folder) == "2"
    assert note.startswith("Version 2 is now the champion: its confirmed log loss is 0.4, that of version 1 is 0.43")


def test_a_search_that_goes_on_is_decided_anew(searched: Search, folder: Path, confirmed: Confirm) -> None:
    searched("one", confirmed(0.43))
    searched("two", confirmed(0.46))
    assert champion_of(folder) == "1"
    # the same best trial: the same model, which is not registered again
    (note,) = searched("two", confirmed(0.46), at=1000, promote=True).state.notes
    assert (champion_of(folder), len(connect(folder).search_model_versions("name = 'titanic'"))) == ("2", 2)
    assert "PROMOTE=1 was given" in note
    # another confirmed loss: another model
    (note,) = searched("two", confirmed(0.40), at=2000).state.notes
    assert champion_of(folder) == "3"
    assert "its confirmed log loss is 0.4, that of version 2 is 0.46" in note


def test_versions_read_back_the_latest_first(searched: Search, folder: Path, confirmed: Confirm) -> None:
    searched("one")
    searched("two", confirmed(0.40))
    (note,) = searched("three", confirmed(0.43)).state.notes
    latest, champion, old = MlflowArchive(folder).models("titanic")
    assert [(v.version, v.champion, v.search, v.trial) for v in (latest, champion, old)] == [
        ("3", False, "three", 1),
        ("2", True, "two", 1),
        ("1", False, "one", 1),
    ]
    assert (champion.loss, champion.confirmed, old.loss, old.confirmed, old.half) == ("log loss", 0.4, "", None, None)
    assert champion.half == pytest.approx(0.0034, rel=0.1)
    assert (latest.decision, old.decision) == (note, "Version 1 is the first champion.")
    assert abs(latest.created - time.time()) < 600


def test_a_version_that_a_person_registered_reads_back_with_what_is_known_and_stays_the_champion(
    searched: Search, folder: Path, confirmed: Confirm
) -> None:
    client = connect(folder)
    client.create_registered_model("titanic")
    client.create_model_version("titanic", folder.as_uri())
    client.set_registered_model_alias("titanic", "champion", "1")
    (record,) = MlflowArchive(folder).models("titanic")
    assert (record.champion, record.search, record.trial, record.metrics) == (True, "", None, {})
    (note,) = searched("one", confirmed(0.43)).state.notes
    assert champion_of(folder) == "1"
    assert "it is not known on which data version 1 was trained" in note


def test_a_champion_whose_files_are_gone_counts_as_not_confirmed(
    searched: Search, folder: Path, confirmed: Confirm
) -> None:
    searched("one", confirmed(0.43))
    (model,) = (folder / "artifacts" / "titanic" / "models").iterdir()
    (model / "artifacts" / "artifacts" / champion.CONFIRMED).unlink()
    (note,) = searched("two", confirmed(0.46)).state.notes
    assert champion_of(folder) == "2"
    assert "version 1 was not confirmed" in note
