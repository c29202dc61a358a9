"""What is done again until MLflow takes it, or says that it never will."""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar, final

logger = logging.getLogger(__name__)
T = TypeVar("T")

PASSING: Final = frozenset({"TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "RESOURCE_CONFLICT"})
"""MLflow's error codes for what will be better in a moment: a locked database, a busy server."""
UNCLEAR: Final = "INTERNAL_ERROR"
"""A server that is away, or an event that a database chokes on."""
TRIES: Final = 3
"""How often a call is made that fails for a reason of its own."""
LONGEST: Final = 5.0
"""Seconds between two tries at most."""


@final
class EventRefused(Exception):
    """MLflow answers, and will not take this."""


@final
class GaveUp(Exception):
    """MLflow has not answered for as long as there was patience."""


@final
class Retry:
    """Tries again, ever more slowly: without an end while `going` says so, then for `seconds` more."""

    def __init__(self, seconds: float, going: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._going = going

    def until_done(self, act: Callable[[], T], again: Callable[[], bool]) -> T:
        """What `act` returns in the end. Raises Refused and GaveUp.

        Before each further try `again` is called, which tells whether MLflow answers to anything else.
        """
        pause, tries, limit = 0.1, 0, None
        while True:
            try:
                return act()
            except Exception as error:  # an event is kept whatever may go wrong with it
                tries += 1
                logger.warning("try %d failed: %s", tries, error, exc_info=tries == 1)
                answered = again()
                if tries >= TRIES and _its_own(error, answered=answered):
                    raise EventRefused from error
                limit = limit or (None if self._going() else time.monotonic() + self._seconds)
                if limit and time.monotonic() + pause > limit:
                    raise GaveUp from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST)


def _its_own(error: Exception, *, answered: bool) -> bool:
    """Whether what failed would fail again, however healthy MLflow is."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, MlflowException):
        return error.error_code not in PASSING and (error.error_code != UNCLEAR or answered)
    return answered or not isinstance(error, DBAPIError | ConnectionError | TimeoutError)
