"""Tries a call to MLflow again until MLflow accepts it, or until it is clear that it never will."""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar, final

logger = logging.getLogger(__name__)
T = TypeVar("T")

PASSING: Final = frozenset({"TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "RESOURCE_CONFLICT"})
"""MLflow's error codes for problems that pass by themselves: a locked database, a busy server."""
UNCLEAR: Final = "INTERNAL_ERROR"
"""MLflow's error code both for a server that is away and for an event that the database cannot store."""
TRIES: Final = 3
"""How often a call is tried if MLflow is healthy and the call itself is the reason that it fails."""
LONGEST: Final = 5.0
"""The longest pause between two tries, in seconds."""


@final
class EventRefused(Exception):
    """MLflow answers, but does not accept this event."""


@final
class GaveUp(Exception):
    """MLflow did not answer within the time that was allowed."""


@final
class Retry:
    """Tries again with growing pauses: without limit while `going` returns true, then for `seconds` more."""

    def __init__(self, seconds: float, going: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._going = going

    def until_done(self, act: Callable[[], T], again: Callable[[], bool]) -> T:
        """What `act` returns when it succeeds; raises EventRefused or GaveUp if it does not.

        `again` is called before each further try; it returns whether MLflow answers another request.
        """
        pause, tries, limit = 0.1, 0, None
        while True:
            try:
                return act()
            except Exception as error:  # an event must not be lost, whatever goes wrong
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
    """Whether the call would fail again even if MLflow is healthy."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, MlflowException):
        return error.error_code not in PASSING and (error.error_code != UNCLEAR or answered)
    return answered or not isinstance(error, DBAPIError | ConnectionError | TimeoutError)
