"""Whether a new version of an experiment's model becomes its champion, and the sentence that says so."""

import math
from dataclasses import dataclass
from typing import Final, final

from pipeline.evaluation.scores import Score
from pipeline.evaluation.verdict import difference, figure
from pipeline.values.confirmed import SQUARED_ERROR, Confirmed

ASK: Final = "A search with PROMOTE=1 makes its version the champion in any case."


@final
@dataclass(frozen=True, slots=True)
class Contender:
    """A version of an experiment's model; `confirmed` is None if its loss was not confirmed.

    `data` are the digest of its data and its target, None if they are not known.
    """

    version: str
    confirmed: Confirmed | None
    data: tuple[str, str] | None

    @property
    def title(self) -> str:
        """The version as people read it."""
        return f"version {self.version}"


@final
@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the new version becomes the champion, and the sentence for people."""

    moves: bool
    sentence: str


def decide(new: Contender, present: Contender, *, promote: bool) -> Decision:
    """Whether a new version replaces the present champion: it does if it is no worse.

    It is worse if the whole 95 % interval of its advantage is below 0. If the two cannot be compared, the new version
    replaces only a champion that was never confirmed and has the same data. With `promote` it does so in any case.
    """
    advantage = _advantage(new, present)
    worse = advantage is not None and advantage.high < 0
    reason = "" if advantage is not None else _reason(new, present)
    moves = promote or not (worse or reason)
    if advantage is not None:
        told = _told(new, present, advantage, new_first=moves)
    else:
        told = f"{reason or _unconfirmed(new, present)}, so the two could not be compared"
    asked = " because PROMOTE=1 was given" if promote else ""
    if moves:
        return Decision(True, f"Version {new.version} is now the champion{asked}: {told}.")
    return Decision(False, f"Version {present.version} stays the champion: {told}. {ASK}")


def _advantage(new: Contender, present: Contender) -> Score | None:
    """By how much the new version is better (positive: better), in the unit of the figures that people read."""
    if not new.confirmed or not present.confirmed or new.confirmed.metric != present.confirmed.metric:
        return None
    found = difference(new.confirmed, present.confirmed)
    if found is None or new.confirmed.metric != SQUARED_ERROR:
        return found
    # a difference of squares, divided by the sum, is the difference of the roots
    roots = math.sqrt(new.confirmed.loss) + math.sqrt(present.confirmed.loss) or 1.0
    return Score(found.value / roots, found.low / roots, found.high / roots)


def _told(new: Contender, present: Contender, advantage: Score, *, new_first: bool) -> str:
    """The figures of both versions, and the advantage of the new one."""
    first, second = (new, present) if new_first else (present, new)
    word = "worse" if advantage.high < 0 else "better" if advantage.low > 0 else "no worse"
    value, low, high = (f"{number:.2g}" for number in (advantage.value, advantage.low, advantage.high))
    interval = f"{new.title} is {word}: advantage {value}, 95 % interval {low} to {high}"
    name, loss = _figure(first)
    return f"its confirmed {name} is {loss}, that of {second.title} is {_figure(second)[1]} ({interval})"


def _reason(new: Contender, present: Contender) -> str:
    """Why two versions that cannot be compared leave the champion as it is; empty if the new one may replace it."""
    if present.data is None:
        return f"it is not known on which data {present.title} was trained"
    if new.data != present.data or not _same_data(new.confirmed, present.confirmed):
        return f"{new.title} was trained on other data or for another target"
    if new.confirmed and present.confirmed:
        return f"{new.title} was confirmed on other rows or by another loss"
    if present.confirmed:
        name, loss = _figure(present)
        return f"the confirmed {name} of {present.title} is {loss}, but {new.title} was not confirmed"
    return ""


def _unconfirmed(new: Contender, present: Contender) -> str:
    if new.confirmed:
        return f"{present.title} was not confirmed"
    return f"neither {new.title} nor {present.title} was confirmed"


def _same_data(one: Confirmed | None, other: Confirmed | None) -> bool:
    """Whether two confirmed losses belong to the same data; those that are not there tell no difference."""
    return one is None or other is None or (one.digest, one.target) == (other.digest, other.target)


def _figure(of: Contender) -> tuple[str, str]:
    """The confirmed loss as people read it: its name and its value."""
    assert of.confirmed is not None  # noqa: S101  # for the type checker
    name, score = figure(of.confirmed)
    return name, f"{score.value:.4g}"
