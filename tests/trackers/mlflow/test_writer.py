import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from pipeline.trackers.mlflow import open_archive
from pipeline.trackers.mlflow.spool import Spool
from pipeline.trackers.mlflow.tracker import MlflowTracker, writer_log
from pipeline.values.events import ChampionRegistered, Event, SearchEnded, SearchRecord
from pipeline.values.trial import Confirms
from tests.conftest import MEASURED

pytestmark = pytest.mark.slow

TRIALS = 10
EPOCHS = 8
CONFIRMED = (Confirms(0, 0, 2), Confirms(0, 1, 2))


@pytest.fixture
def spool(spooled: Callable[[Sequence[Event]], Spool], trained: Any, champion: Path) -> Spool:
    """Trials in pairs, so that one is always in the middle of its epochs, confirmations and a champion."""
    pairs = [(trained(number, EPOCHS), trained(number + 1, EPOCHS)) for number in range(0, TRIALS, 2)]
    mixed: list[Event] = [event for left, right in pairs for both in zip(left, right, strict=True) for event in both]
    confirmed: list[Event] = [event for of in CONFIRMED for event in trained(of.number, EPOCHS)]
    return spooled([*mixed, *confirmed, ChampionRegistered(champion, 0), SearchEnded()])


def test_a_writer_killed_again_and_again_delivers_all_once(
    spool: Spool, folder: Path, points: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in MEASURED.items():
        monkeypatch.setenv(name, value)
    kill_amid(spool, folder, 3)
    assert spool.owed == 0
    check(folder, points(folder / "mlflow.db"))


def test_a_writer_killed_before_a_server_delivers_all_once(
    spool: Spool, folder: Path, points: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(folder) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        kill_amid(spool, folder, 1)
        assert spool.owed == 0
        check(folder, points(folder / "mlflow.db"))


IMPORTED = """
import sys
from pipeline.trackers.mlflow.writer import main
main()
print(*{"keras", "tensorflow", "jax", "sklearn"} & {*sys.modules})
"""


def test_a_writer_registers_a_champion_without_loading_it(
    spooled: Callable[[Sequence[Event]], Spool], folder: Path, trained: Any, champion: Path
) -> None:
    code = champion / "champion.py"
    code.write_text(code.read_text().replace("self.offset = json", "import keras; self.offset = json"))
    spool = spooled([*trained(0), ChampionRegistered(champion, 0), SearchEnded()])
    told = ["-c", IMPORTED, str(folder), spool.search, "--wait", "1"]
    done = subprocess.run([sys.executable, *told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert spool.owed == 0
    (model,) = (folder / "artifacts" / "titanic" / "models").glob("*/artifacts/champion.py")
    assert "import keras" in model.read_text()


def test_close_starts_a_writer_again_that_has_died(folder: Path, record: SearchRecord, trained: Any) -> None:
    tracker = MlflowTracker(folder, wait=1)
    tracker.open(record)
    tracker._writer.kill()
    for event in [*trained(1), SearchEnded()]:
        tracker.record(event)
    assert tracker.close().owed == 0
    assert [len(line.curve) for line in open_archive(folder).curves("one")] == [3]


def test_a_writer_that_died_before_it_was_told_its_search_is_replaced(
    folder: Path, record: SearchRecord, trained: Any
) -> None:
    tracker = MlflowTracker(folder, wait=1)
    tracker._writer.kill()
    tracker._writer.wait()
    tracker.open(record)
    for event in [*trained(1), SearchEnded()]:
        tracker.record(event)
    assert tracker.close().owed == 0
    assert [len(line.curve) for line in open_archive(folder).curves("one")] == [3]


def test_a_writer_that_is_told_no_search_makes_the_database_and_ends(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [sys.executable, "-m", "pipeline.trackers.mlflow.writer", str(tmp_path), "--wait", "1"]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True, stderr=subprocess.DEVNULL)
    assert list(open_archive(tmp_path).searches("titanic")) == []


def test_what_a_writer_prints_is_in_the_log_of_its_search(folder: Path, spooled: Any) -> None:
    spool = spooled([SearchEnded()])
    spool.events.write_bytes(b"damaged\n" + spool.events.read_bytes())
    command = [sys.executable, "-m", "pipeline.trackers.mlflow.writer", str(folder), "--wait", "1"]
    (folder / "logs").mkdir()
    subprocess.run(command, input=b"one\n", check=True, stderr=subprocess.DEVNULL)
    assert "skipped a damaged line" in writer_log(folder, "one").read_text()


def test_a_search_that_is_killed_is_delivered_and_marked_as_interrupted(folder: Path) -> None:
    search = subprocess.Popen([sys.executable, "-c", SEARCH, str(folder)], stdout=subprocess.PIPE, text=True)
    assert search.stdout is not None
    assert search.stdout.readline() == "recorded\n"
    search.send_signal(signal.SIGKILL)
    search.wait()
    search.stdout.close()
    spool = Spool(folder, "one")
    while spool.owed:
        time.sleep(0.05)
    with spool.writing(wait=True):  # waits until the writer has ended
        pass
    (line,) = open_archive(folder).curves("one")
    assert (line.end, len(line.curve)) == (None, 1)
    run = open_archive(folder).search("one")
    assert run is not None
    assert run.info.status == "KILLED"


SEARCH = """
import sys, time
from pathlib import Path
from pipeline.values.events import DatasetRecord, EpochEnded, SearchRecord, TrialStarted
from pipeline.trackers.mlflow import create
from pipeline.values.trial import Epoch, Trial

tracker = create(Path(sys.argv[1]))
tracker.open(SearchRecord("one", "titanic", "t", "loss", {}, {}, {}, DatasetRecord("d", "s", "0", 1, "y", {})))
tracker.record(TrialStarted(Trial(1, {}, 1, 5), {}))
tracker.record(EpochEnded(Epoch(1, 1, {"loss": 0.5})))
print("recorded", flush=True)
time.sleep(60)
"""


def check(folder: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    """Check that MLflow holds every run, point and model of the story exactly once."""
    read = open_archive(folder)
    assert [line.number for line in read.curves("one")] == list(range(TRIALS))
    assert {run.info.status for run in read.trials("one")} == {"FINISHED"}
    assert {len(line.curve) for line in read.curves("one")} == {EPOCHS}
    assert len(list(read.searches("titanic"))) == 1
    curves = [row for row in rows if row[1] in ("loss", "val_loss") and row[2] > 0]
    assert len(curves) == len(set(curves)) >= 2 * (TRIALS + len(CONFIRMED)) * EPOCHS
    assert len({run for run, _, _ in rows}) == TRIALS + len(CONFIRMED)
    assert [(line.confirms, len(line.record.curve)) for line in read.confirmations("one")] == [
        (of, EPOCHS) for of in CONFIRMED
    ]


def kill_amid(spool: Spool, folder: Path, times: int) -> None:
    """Start a writer and kill it after some progress, `times` times; then let one deliver the rest."""
    command = [sys.executable, "-m", "pipeline.trackers.mlflow.writer", str(folder), spool.search, "--wait", "5"]
    share = spool.events.stat().st_size // (times + 1)
    for _ in range(times):
        goal = min(spool.state.offset + share // 2, spool.events.stat().st_size)
        writer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while spool.state.offset < goal and writer.poll() is None:
            time.sleep(0.003)
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
        assert spool.owed > 0
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of an MLflow server on the folder's database."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    places = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/served"]
    # its job runner is seven more processes
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    process = subprocess.Popen(
        [*command, *places], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while not answers(address):
            assert process.poll() is None
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False
