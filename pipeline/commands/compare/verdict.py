"""Which of two searches is better, by how much, and whether that could be chance."""

from dataclasses import dataclass
from typing import final

from pipeline.evaluation.verdict import contest
from pipeline.values.confirmed import Confirmed


@final
@dataclass(frozen=True, slots=True)
class Rival:
    """A search with the confirmed loss of its champion; None if the champion was not confirmed."""

    search: str
    experiment: str
    confirmed: Confirmed | None


def verdict(one: Rival, other: Rival) -> str:
    """A sentence that compares two searches by the confirmed losses of their champions."""
    held = contest(one.confirmed, other.confirmed) if one.confirmed and other.confirmed else None
    if held is None:
        return f"{one.search} and {other.search} cannot be compared: {_why(one, other)}."
    lower = held.advantage
    if lower.high < 0:
        return verdict(other, one)
    losses = f"confirmed {held.name} {held.of:#.4g} against {held.over:#.4g}"
    if lower.low > 0:
        interval = f"95 % interval {lower.low:.2g} to {lower.high:.2g}"
        return f"{one.search} is better than {other.search}: {losses}, {lower.value:.2g} lower ({interval})."
    word, sign = ("lower", 1) if lower.value >= 0 else ("higher", -1)
    low, high = sorted((sign * lower.low, sign * lower.high))
    chance = f"{sign * lower.value:.2g} {word}, which could be chance (95 % interval {low:.2g} to {high:.2g})"
    return f"{one.search} and {other.search} cannot be told apart: {losses}, {chance}."


def _why(one: Rival, other: Rival) -> str:
    """Why two searches cannot be compared."""
    if one.confirmed is None or other.confirmed is None:
        missing = [rival for rival in (one, other) if rival.confirmed is None]
        said = missing[0].search + " was" if len(missing) == 1 else "they were"
        return f"{said} not confirmed (make confirm EXP={missing[0].experiment})"
    if (one.confirmed.digest, one.confirmed.target) != (other.confirmed.digest, other.confirmed.target):
        return "their data or their targets differ"
    return "they were confirmed on other rows or by another loss"
