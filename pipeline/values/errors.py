"""The error for mistakes that a user can correct: where, what was given, and a hint."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, final

LONGEST: Final = 300
"""Characters of an exception's message that are shown."""


@final
class UserError(Exception):
    """A mistake that the user can correct; the command line prints it as one line and exits with 2.

    `where` names the field (`training.optimizer`) or the file; `within` puts the file before the field.
    """

    def __init__(self, where: str, problem: str, hint: str = "") -> None:
        super().__init__(where, problem, hint)
        self.where = where
        self.problem = problem
        self.hint = hint

    def within(self, place: str) -> "UserError":
        """The same error with `place`, usually the file, named first."""
        return UserError(f"{place}, {self.where}" if self.where else place, self.problem, self.hint)

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.where}: {self.problem}", self.hint) if part)


def nearest(name: str, allowed: Iterable[str]) -> str:
    """The hint for a misspelt name: the nearest allowed name, or all allowed names if none is near."""
    known = list(allowed)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"Allowed: {', '.join(known)}." if known else ""


def one_line(error: Exception) -> str:
    """An exception as one line: its class and the first line of what it says, a long one without its middle."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    # JAX says `Error dispatching computation:` many times before the cause
    said = lines[0] if len(lines[0]) <= LONGEST else f"{lines[0][: LONGEST // 2]} … {lines[0][-LONGEST // 2 :]}"
    return f"{type(error).__name__}: {said}"
