"""Delivers later what searches left in their spools."""

from pathlib import Path

from pipeline.trackers import Account, Reason
from pipeline.trackers.mlflow.retry import Retry
from pipeline.trackers.mlflow.spool import Spool, spools
from pipeline.trackers.mlflow.writer import write


def deliver_rest(folder: Path, seconds: float) -> tuple[Account, ...]:
    """An account for each search of the folder that owed events; it waits `seconds` once if MLflow does not answer."""
    accounts: list[Account] = []
    for spool in spools(folder):
        before, known = spool.owed, spool.state.notes
        if before:
            away = any(account.reason is Reason.AWAY for account in accounts)
            reason = _deliver(spool, folder, 0.0 if away else seconds)
            owed, notes = spool.owed, spool.state.notes
            # a note that was there before is that of an earlier delivery: `make tune` has printed it
            new = notes if notes != known else ()
            accounts.append(Account(spool.search, max(before - owed, 0), owed, reason if owed else None, new))
    return tuple(accounts)


def _deliver(spool: Spool, folder: Path, seconds: float) -> Reason:
    """The reason why events may still be owed, after `spool` is delivered as far as possible."""
    if spool.recording:
        return Reason.RUNNING
    with spool.writing(wait=False) as mine:
        if not mine:
            return Reason.WRITING
        done = write(spool, folder, Retry(seconds, lambda: False))
    return Reason.REFUSED if done == 0 else Reason.AWAY
