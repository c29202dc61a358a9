"""Runs MLflow's own UI for a folder's runs, on the loopback address."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pipeline.trackers.mlflow import links, store
from pipeline.values.errors import UserError

PORTS: Final = range(5000, 5100)
WAIT: Final = 120.0
"""Seconds that a server may take to answer for the first time; importing MLflow alone can take ten."""
GRACE: Final = 10.0
"""Seconds that a server has to stop by itself: a browser that holds a connection open would delay this for ever."""


@contextmanager
def served(folder: Path, log: Path, port: int | None = None) -> Iterator[str]:
    """The address of a server for the runs in `folder`, which runs inside the context and writes to `log`.

    Without a `port`, it takes the first free one from 5000 on. Inside the context, the links that searches print lead
    to this server. UserError if it does not start.
    """
    port = _free(range(port, port + 1) if port else PORTS)
    address = f"http://127.0.0.1:{port}"
    words = ["server", "--backend-store-uri", store.uri(folder), "--host", "127.0.0.1", "--port", str(port)]
    artifacts = ["--artifacts-destination", str(folder.absolute() / "artifacts"), "--workers", "1"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "mlflow", *words, *artifacts],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            # its job runner would be seven more processes, for features that are not used here
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            start_new_session=True,
        )
    try:
        _wait(process, address, log)
        with links.announced(folder, address):
            yield address
    finally:
        _stop(process)


def experiments(address: str) -> Mapping[str, str]:
    """The address of each experiment of a server by name, the most recently changed first."""
    body = json.dumps({"max_results": 1000, "order_by": ["last_update_time DESC"]}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{address}/api/2.0/mlflow/experiments/search", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found = json.load(answer).get("experiments", [])
    except (urllib.error.URLError, OSError) as error:
        raise UserError("ui", f"MLflow at {address} does not answer: {error}.") from None
    return {e["name"]: links.runs(address, e["experiment_id"]) for e in found if e["experiment_id"] != "0"}


def _free(ports: range) -> int:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    named = f"port {ports[0]} is taken" if len(ports) == 1 else f"no port from {ports[0]} to {ports[-1]} is free"
    raise UserError("ui", f"{named}.", "Stop the server that runs there.")


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise UserError("ui", f"MLflow's server did not start at {address}.", f"Its output is in {log}.")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    # the server's workers are child processes in its process group, which outlives the server
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
