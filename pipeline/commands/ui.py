"""Browse the runs in MLflow's UI until Ctrl-C."""

import argparse
import signal
from typing import Final

from pipeline.commands import MLRUNS

HELP: Final = "browse the runs in MLflow's UI, on loopback, until Ctrl-C"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the port."""
    parser.add_argument("--port", type=int, help="by default the first free port from 5000 on")


def run(args: argparse.Namespace) -> int:
    """0 after Ctrl-C, SIGTERM or a closed terminal; with a tracking server, 0 at once: the server has its own UI."""
    from pipeline.ledgers.mlflow import store
    from pipeline.ledgers.mlflow.server import served

    address = store.server(MLRUNS)
    if address is not None:
        _show(address)
        print(f"The tracking server has its own UI: {address}")  # noqa: T201
        return 0
    # SIGINT too: a shell starts background programs with SIGINT ignored
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    print("Starting MLflow (about ten seconds) …", flush=True)  # noqa: T201
    try:
        with served(MLRUNS, MLRUNS / "logs" / "ui.log", args.port) as address:
            _show(address)
            print(f"MLflow runs at {address} until Ctrl-C.", flush=True)  # noqa: T201
            signal.pause()
    except KeyboardInterrupt:
        print()  # noqa: T201
    return 0


def _show(address: str) -> None:
    from pipeline.ledgers.mlflow.links import runs
    from pipeline.ledgers.mlflow.server import experiments

    for name, number in experiments(address).items():
        print(f"  {name:<20} {runs(address, number)}")  # noqa: T201
