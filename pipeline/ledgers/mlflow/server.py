"""MLflow's own UI over a folder's runs, on loopback."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipeline.errors import UserError
from pipeline.ledgers.mlflow import store

PORTS: Final = range(5000, 5100)
PATIENCE: Final = 120.0
"""Seconds that a server may take to answer for the first time; importing MLflow alone can take ten."""


@contextmanager
def served(folder: Path, log: Path, port: int | None = None) -> Iterator[str]:
    """The address of a running server over the runs in `folder`; it stops at the end. It writes to `log`.

    Without a `port` the first free one from 5000 on. UserError where it does not come up.
    """
    port = port or _free()
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
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            start_new_session=True,
        )
    try:
        _wait(process, address, log)
        yield address
    finally:
        # the server's workers are children of its own, in one process group
        os.killpg(process.pid, 15)
        process.wait()


def experiments(address: str) -> Mapping[str, str]:
    """The ids of the server's experiments by name, the one that was changed last first."""
    body = json.dumps({"max_results": 1000, "order_by": ["last_update_time DESC"]}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{address}/api/2.0/mlflow/experiments/search", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found = json.load(answer).get("experiments", [])
    return {e["name"]: e["experiment_id"] for e in found if e["experiment_id"] != "0"}


def _free() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise UserError("ui", f"no port from {PORTS.start} to {PORTS.stop - 1} is free.", "Stop a server that runs there.")


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise UserError("ui", f"MLflow's server did not come up at {address}.", f"Its words are in {log}.")
