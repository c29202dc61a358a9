import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.trackers.mlflow.encoding import Message, Opened, decode, encode
from pipeline.trackers.mlflow.links import Place
from pipeline.trackers.mlflow.spool import DeliveryState, Spool, spools
from pipeline.values.errors import UserError
from pipeline.values.events import (
    ChampionRegistered,
    DatasetRecord,
    EpochEnded,
    FileAttached,
    SearchEnded,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)
from pipeline.values.trial import Confirms, End, Epoch, Outcome, Trial

text = st.text(st.characters(codec="utf-8"), max_size=20)
whole = st.integers(-(2**63), 2**63)
texts = st.dictionaries(text, text, max_size=3)
numbers = st.dictionaries(text, st.floats(), max_size=3)
params = st.dictionaries(text, st.booleans() | whole | st.floats() | text, max_size=4)
paths = text.filter(lambda t: "\0" not in t).map(Path)
confirms = st.none() | st.builds(Confirms, whole, whole, whole)
trials = st.builds(Trial, whole, params, whole, whole, st.none() | whole, whole, st.none() | whole, confirms)
epochs = st.builds(Epoch, whole, whole, numbers, st.floats())
curves = st.lists(epochs, max_size=3).map(tuple)
outcomes = st.builds(
    Outcome,
    trials,
    params,
    st.sampled_from(End),
    st.none() | st.floats(),
    st.none() | whole,
    curves,
    text,
    numbers,
    whole,
    text,
)
datasets = st.builds(DatasetRecord, text, text, text, whole, text, texts)
messages: "st.SearchStrategy[Message]" = st.one_of(
    st.builds(Opened, st.builds(SearchRecord, text, text, text, text, texts, texts, texts, datasets)),
    st.builds(TrialStarted, trials, params),
    st.builds(EpochEnded, epochs),
    st.builds(TrialEnded, outcomes),
    st.builds(FileAttached, paths, text),
    st.builds(SearchMeasured, numbers, texts),
    st.builds(ChampionRegistered, paths, whole, st.booleans()),
    st.builds(SearchEnded, st.booleans()),
)


@given(messages, whole)
def test_a_line_reads_back_equal_types_and_nan_included(message: Message, at: int) -> None:
    line = encode(at, message)
    entry = decode(line)
    # compared as text: there NaN equals NaN, and 1, 1.0 and True differ
    assert repr(entry.message) == repr(message)
    assert (entry.at, line.count(b"\n"), line[-1:]) == (at, 1, b"\n")


def test_entries_say_where_they_stand(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "one")
    with spool.appending() as file:
        file.write(encode(1, SearchEnded()) + encode(2, SearchEnded()))
    first, second = spool.entries(0)
    assert [e.at for e in spool.entries(second.start)] == [2]
    assert first.stop == second.start


def test_a_line_torn_by_a_kill_costs_no_other_line(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "one")
    with spool.appending() as file:
        file.write(encode(1, SearchEnded()) + encode(2, SearchEnded())[:-9])
    assert [e.at for e in spool.entries(0)] == [1]
    with spool.appending() as file:
        file.write(encode(3, SearchEnded()))
    assert [e.at for e in spool.entries(0)] == [1, 3]


def test_one_process_alone_records_a_search(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "one")
    with spool.appending():
        assert spool.recording
        with pytest.raises(UserError, match="another process"):
            Spool(tmp_path, "one").appending()
    assert not spool.recording


def test_one_process_alone_delivers_a_search(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "one")
    with spool.appending(), spool.writing(wait=False) as first, spool.writing(wait=False) as second:
        assert (first, second) == (True, False)


def test_owed_is_what_was_not_delivered_and_what_was_refused(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "one")
    with spool.appending() as file:
        for at in range(3):
            file.write(encode(at, SearchMeasured({"x": float(at)})))
    first, second, _ = spool.entries(0)
    assert spool.owed == 3
    spool.save(DeliveryState(offset=second.start, opened=0, place=Place("1", "run", "loss", ("a",))))
    assert spool.owed == 2
    spool.refuse([first])
    spool.refuse([first])
    assert [entry.message for entry in spool.refused()] == [first.message]
    assert spool.owed == 3
    spool.keep_refused([])
    assert spool.owed == 2


def test_state_reads_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "one")
    with spool.appending():
        assert spool.state == DeliveryState()
        state = DeliveryState(7, 3, Place("1", "run", "loss", ("a", "b")))
        spool.save(state)
        assert spool.state == state


def test_spools_are_found_by_their_events(tmp_path: Path) -> None:
    for name in ("b", "a.2"):
        with Spool(tmp_path, name).appending():
            Spool(tmp_path, name).save(DeliveryState())
            Spool(tmp_path, name).refuse([decode(encode(1, SearchEnded()))])
    assert [spool.search for spool in spools(tmp_path)] == ["a.2", "b"]


@pytest.mark.slow
def test_a_search_never_imports_mlflow(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from pipeline.values.events import DatasetRecord, SearchEnded, SearchRecord
from pipeline.trackers.mlflow.tracker import MlflowTracker

tracker = MlflowTracker(Path(sys.argv[1]), wait=0.1)
tracker.open(SearchRecord("one", "e", "t", "loss", {}, {}, {}, DatasetRecord("d", "s", "0", 1, "y", {})))
tracker.record(SearchEnded())
links = tracker.close()
print(links.owed, "mlflow" in sys.modules, "sqlalchemy" in sys.modules)
"""
    # no store answers at this address: the process still ends, and its events stay in the spool
    environment = {**os.environ, "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "False", "False"]
    assert done.stderr == ""
