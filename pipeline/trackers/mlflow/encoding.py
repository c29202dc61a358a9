"""A spool's lines: a moment and an event as one line of JSON, and back, equal in every bit."""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, final

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import from_json

from pipeline.values.events import (
    ChampionRegistered,
    EpochEnded,
    Event,
    FileAttached,
    SearchEnded,
    SearchMeasured,
    SearchRecord,
    TrialEnded,
    TrialStarted,
)


@final
@dataclass(frozen=True, slots=True)
class Opened:
    """A process begins to record the search, for the first time or again."""

    search: SearchRecord


Message: TypeAlias = Opened | Event

KINDS: dict[str, type[Message]] = {
    kind.__name__: kind
    for kind in (
        Opened,
        TrialStarted,
        EpochEnded,
        TrialEnded,
        FileAttached,
        SearchMeasured,
        ChampionRegistered,
        SearchEnded,
    )
}


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """A line as read: when it was written (milliseconds since 1970), what it says, and its bytes in the file."""

    at: int
    message: Message
    start: int = 0
    stop: int = 0


def encode(at: int, message: Message) -> bytes:
    """The line, its newline included."""
    kind = type(message).__name__
    return _adapter(kind).dump_json((at, kind, message)) + b"\n"


def decode(line: bytes, start: int = 0) -> Entry:
    """The entry of a whole line that stands at byte `start`; ValueError where it is torn."""
    at, kind, body = from_json(line)
    message: Message = _adapter(kind).validate_python((at, kind, body))[2]
    return Entry(at, message, start, start + len(line))


@cache
def _adapter(kind: str) -> "TypeAdapter[Any]":
    # the configuration reaches a dataclass only through something that holds it
    line: Any = tuple[int, str, KINDS[kind]]  # type: ignore[valid-type]  # a type made at run time
    return TypeAdapter(line, config=ConfigDict(ser_json_inf_nan="constants"))
