"""`make ui` as a user sees it: its links work, and Ctrl-C leaves no process behind."""

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.trackers.mlflow.store import connect, experiment
from tests.commands.conftest import Start, Type
from tests.conftest import alone


@pytest.fixture
def taken(shared: Path) -> Iterator[int]:
    """A port that is already in use: 5000 if possible."""
    # from looking for a free port until MLflow listens there, seconds go by
    with alone(shared, "ports"), closing(socket.socket()) as other:
        try:
            other.bind(("127.0.0.1", 5000))
        except OSError:
            other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_shows_the_way_to_the_runs_and_leaves_nothing_behind(
    started: Start, here: Path, taken: int, number: signal.Signals
) -> None:
    mlruns = here / "mlruns"
    made = experiment(connect(mlruns), "titanic", mlruns)
    process = started("ui")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "until Ctrl-C" in line:
            break
    address = lines[-1].split()[3]
    assert address.startswith("http://127.0.0.1:")
    assert not address.endswith(f":{taken}")
    assert f"{address}/#/experiments/{made}/runs?workflowType=machine_learning" in lines[1]
    with urllib.request.urlopen(address) as page:
        assert b"MLflow" in page.read()
    servers = children(process.pid)
    assert servers
    process.send_signal(number)
    rest, errors = process.communicate(timeout=60)
    assert (process.returncode, rest.strip(), errors) == (0, "", "")
    assert not [pid for pid in servers if alive(pid)]


def test_a_port_that_is_taken_is_a_mistake_to_mend(typed: Type, taken: int) -> None:
    done = typed("ui", "--port", str(taken))
    assert (done.returncode, done.stderr) == (2, f"ui: port {taken} is taken. Stop the server that runs there.\n")


def children(pid: int) -> list[int]:
    """The ids of a process's children and of all their descendants."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in tasks.read_text().split()] if tasks.exists() else []
    return [*found, *(below for child in found for below in children(child))]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
