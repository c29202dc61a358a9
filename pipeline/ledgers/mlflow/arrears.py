"""What searches left in their spools, delivered later."""

from pathlib import Path

from pipeline.ledgers.mlflow.patience import Patience
from pipeline.ledgers.mlflow.spool import spools
from pipeline.ledgers.mlflow.writer import write


def deliver_rest(folder: Path, seconds: float) -> int:
    """How many events are still owed: refused again, unanswered for `seconds`, or of a search that is still running."""
    for spool in spools(folder):
        if spool.owed and not spool.recording:
            with spool.writing(wait=False) as mine:
                if mine:
                    write(spool, folder, Patience(seconds, lambda: False))
    return sum(spool.owed for spool in spools(folder))
