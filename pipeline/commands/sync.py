"""Deliver to the tracker the events that earlier searches could not deliver."""

import argparse
from typing import Final

from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours
from pipeline.config import parts

HELP: Final = "deliver events to MLflow that searches could not, because MLflow did not answer or they were killed"
LOG: Final = MLRUNS / "logs" / "sync.log"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001
    """0 if every event is delivered now, 1 if some are not."""
    with only_ours(LOG) as console:
        tracker = parts.tracker()
        accounts = tracker.deliver(MLRUNS)
        for account in accounts:
            if account.delivered:
                console.print(f"{account.search}: {_events(account.delivered)} delivered", markup=False)
            for note in account.notes:
                console.print(f"{account.search}: {note}", markup=False, soft_wrap=True)
            if account.reason is not None:
                reason = account.reason.value.format(title=tracker.TITLE)
                owed = f"{_events(account.owed)} not delivered yet: {reason} (details in {LOG})"
                console.print(f"{account.search}: {owed}", markup=False)
        if not accounts:
            console.print(f"Nothing to deliver: {tracker.TITLE} has every event.")
    return 1 if any(account.owed for account in accounts) else 0


def _events(count: int) -> str:
    return f"{count} event" if count == 1 else f"{count} events"
