"""Browse the runs in the tracker's pages until Ctrl-C."""

import argparse
import signal
from typing import Final

from pipeline.commands import MLRUNS
from pipeline.config import parts

HELP: Final = "browse the runs in MLflow's UI, on loopback, until Ctrl-C"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the port."""
    parser.add_argument("--port", type=int, help="by default the first free port from 5000 on")


def run(args: argparse.Namespace) -> int:
    """0 after Ctrl-C, SIGTERM or a closed terminal; with a tracking server, 0 at once: the server has its own UI."""
    tracker = parts.tracker()
    # SIGINT too: a shell starts background programs with SIGINT ignored
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    print(f"Opening {tracker.TITLE} (about ten seconds) …", flush=True)  # noqa: T201
    try:
        with tracker.browse(MLRUNS, MLRUNS / "logs" / "ui.log", args.port) as browser:
            for name, address in browser.experiments.items():
                print(f"  {name:<20} {address}")  # noqa: T201
            if not browser.own:
                print(f"The tracking server has its own UI: {browser.address}")  # noqa: T201
                return 0
            print(f"{tracker.TITLE} runs at {browser.address} until Ctrl-C.", flush=True)  # noqa: T201
            signal.pause()
    except KeyboardInterrupt:
        print()  # noqa: T201
    return 0
