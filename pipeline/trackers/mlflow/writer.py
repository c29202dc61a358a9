"""The process that delivers a spool to MLflow while its search runs: `python -m pipeline.trackers.mlflow.writer`.

It may be killed at any moment and started again. It ends with exit status 0 when the search is over and all is
delivered. It ends with status 3 when, after the search's end, MLflow has not answered for `--wait` seconds: the
remaining events are then still owed.
"""

import argparse
import logging
import sys
import time
from pathlib import Path
from typing import Final

from pipeline.trackers.mlflow.relay import Relay
from pipeline.trackers.mlflow.retry import EventRefused, GaveUp, Retry
from pipeline.trackers.mlflow.spool import Spool
from pipeline.trackers.mlflow.tracker import GAVE_UP

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


def main() -> int:
    """The exit status, after the search that the command line names is delivered as far as possible."""
    parser = argparse.ArgumentParser(description="deliver a search's events to MLflow")
    parser.add_argument("folder", type=Path)
    parser.add_argument("search")
    parser.add_argument("--wait", type=float, required=True, help="seconds to wait for MLflow after the end")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    spool = Spool(given.folder, given.search)
    with spool.writing(wait=True):
        return write(spool, given.folder, Retry(given.wait, lambda: spool.recording))


if __name__ == "__main__":
    sys.exit(main())
