"""Whether a new version of an experiment's model becomes its champion, and the sentence that says so."""

from dataclasses import dataclass
from typing import Final, final

from pipeline.evaluation.verdict import Contest, contest, figure
from pipeline.values.confirmed import Confirmed

ASK: Final = "`make tune` or `make confirm` with PROMOTE=1 makes its version the champion in any case."


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
    held = contest(new.confirmed, present.confirmed) if new.confirmed and present.confirmed else None
    worse = held is not None and held.advantage.high < 0
    reason = "" if held is not None else _reason(new, present)
    moves = promote or not (worse or reason)
    if held is not None:
        told = _told(new, present, held, new_first=moves)
    else:
        told = f"{reason or _unconfirmed(new, present)}, so the two could not be compared"
    asked = " because PROMOTE=1 was given" if promote else ""
    if moves:
        return Decision(True, f"Version {new.version} is now the champion{asked}: {told}.")
    return Decision(False, f"Version {present.version} stays the champion: {told}. {ASK}")


def _told(new: Contender, present: Contender, held: Contest, *, new_first: bool) -> str:
    """The figures of both versions, on the rows on which both were confirmed, and the advantage of the new one."""
    second, advantage = present if new_first else new, held.advantage
    first_loss, second_loss = (held.of, held.over) if new_first else (held.over, held.of)
    even = "no worse" if advantage.value >= 0 else "not shown to be worse"
    word = "worse" if advantage.high < 0 else "better" if advantage.low > 0 else even
    value, low, high = (f"{number:.2g}" for number in (advantage.value, advantage.low, advantage.high))
    interval = f"{new.title} is {word}: advantage {value}, 95 % interval {low} to {high}"
    losses = f"{first_loss:.4g}, that of {second.title} is {second_loss:.4g}"
    return f"its confirmed {held.name} is {losses} ({interval})"


def _reason(new: Contender, present: Contender) -> str:
    """Why two versions that cannot be compared leave the champion as it is; empty if the new one may replace it."""
    if present.data is None:
        return f"it is not known on which data {present.title} was trained"
    if new.data != present.data or not _same_data(new.confirmed, present.confirmed):
        return f"{new.title} was trained on other data or for another target"
    if new.confirmed and present.confirmed:
        return f"{new.title} was confirmed on other rows or by another loss"
    if present.confirmed:
        name, loss = figure(present.confirmed)
        return f"the confirmed {name} of {present.title} is {loss.value:.4g}, but {new.title} was not confirmed"
    return ""


def _unconfirmed(new: Contender, present: Contender) -> str:
    if new.confirmed:
        return f"{present.title} was not confirmed"
    return f"neither {new.title} nor {present.title} was confirmed"


def _same_data(one: Confirmed | None, other: Confirmed | None) -> bool:
    """Whether two confirmed losses belong to the same data; those that are not there tell no difference."""
    return one is None or other is None or (one.digest, one.target) == (other.digest, other.target)
