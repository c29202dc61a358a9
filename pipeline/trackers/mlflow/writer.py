"""The process that delivers a spool to MLflow while its search runs: `python -m pipeline.trackers.mlflow.writer`.

The search is named on the command line, or later on standard input: until then the process gets ready.
It may be killed at any moment and started again. It ends with exit status 0 when the search is over and all is
delivered. It ends with status 3 when, after the search's end, MLflow has not answered for `--wait` seconds: the
remaining events are then still owed.
"""

import argparse
import logging
import os
import sys
import time
from pathlib import Path
from typing import Final

from pipeline.trackers.mlflow import store
from pipeline.trackers.mlflow.relay import Relay
from pipeline.trackers.mlflow.retry import EventRefused, GaveUp, Retry
from pipeline.trackers.mlflow.spool import Spool
from pipeline.trackers.mlflow.tracker import GAVE_UP, writer_log

logger = logging.getLogger(__name__)

LOOK: Final = 0.05
"""Seconds between two checks of a file that has not grown."""


def write(spool: Spool, folder: Path, retry: Retry) -> int:
    """The exit status, after the spool is delivered as far as possible."""
    try:
        relay = Relay(spool, folder, retry)
        over = False
        while relay.advance() or not over:
            over = not spool.recording
            time.sleep(0 if over else LOOK)
        relay.finish()
    except (GaveUp, EventRefused):
        logger.exception("the remaining events are still owed")
        return GAVE_UP
    return 0


def named(folder: Path) -> str:
    """The search that standard input names, for which MLflow is now imported; empty if it ends without a name.

    From then on, what this process prints is appended to the log of this search.
    """
    try:
        store.connect(folder)
    except Exception:  # the delivery asks again, and then retries
        logger.exception("the store is not ready yet")
    search = sys.stdin.readline().strip()
    if search:
        with writer_log(folder, search).open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
    return search


def main() -> int:
    """The exit status, after the search that the command line or standard input names is delivered, if one does."""
    parser = argparse.ArgumentParser(description="deliver a search's events to MLflow")
    parser.add_argument("folder", type=Path)
    parser.add_argument("search", nargs="?", help="without it, the first line of standard input")
    parser.add_argument("--wait", type=float, required=True, help="seconds to wait for MLflow after the end")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    search = given.search or named(given.folder)
    if not search:
        return 0
    spool = Spool(given.folder, search)
    with spool.writing(wait=True):
        return write(spool, given.folder, Retry(given.wait, lambda: spool.recording))


if __name__ == "__main__":
    sys.exit(main())
