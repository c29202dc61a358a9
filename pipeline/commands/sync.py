"""Deliver to the tracker what searches could not."""

import argparse
from typing import Final

from pipeline import choose
from pipeline.commands import MLRUNS
from pipeline.terminal import only_ours

HELP: Final = "deliver to MLflow what searches could not, because it was away or they were killed"
LOG: Final = MLRUNS / "logs" / "sync.log"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to give."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001
    """0 where nothing is owed any more, 1 where something is."""
    with only_ours(LOG) as console:
        tracker = choose.ledger()
        accounts = tracker.sync(MLRUNS)
        for account in accounts:
            if account.delivered:
                console.print(f"{account.search}: {_events(account.delivered)} delivered", markup=False)
            if account.reason is not None:
                reason = account.reason.value.format(title=tracker.TITLE)
                owed = f"{_events(account.owed)} still owed: {reason} ({LOG} has its words)"
                console.print(f"{account.search}: {owed}", markup=False)
        if not accounts:
            console.print(f"Nothing is owed: {tracker.TITLE} has every event.")
    return 1 if any(account.owed for account in accounts) else 0


def _events(count: int) -> str:
    return f"{count} event" if count == 1 else f"{count} events"
