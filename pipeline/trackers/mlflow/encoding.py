"""The lines of a spool: a time and an event as one line of JSON, and read back equal in every bit."""

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
    """A process begins to record the search, for the first time or once more."""

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
    """A line as read: its message, and when it was written (`at`, in milliseconds since 1970).

    Its bytes in the file are those from `start` up to `stop`, which is excluded.
    """

    at: int
    message: Message
    start: int = 0
    stop: int = 0


def encode(at: int, message: Message) -> bytes:
    """The line, its newline included."""
    kind = type(message).__name__
    return _adapter(kind).dump_json((at, kind, message)) + b"\n"


def decode(line: bytes, start: int = 0) -> Entry:
    """The entry of the whole line at byte `start`; ValueError if the line is damaged."""
    at, kind, body = from_json(line)
    message: Message = _adapter(kind).validate_python((at, kind, body))[2]
    return Entry(at, message, start, start + len(line))


@cache
def _adapter(kind: str) -> "TypeAdapter[Any]":
    # pydantic applies this configuration to a dataclass only if the dataclass is inside another type, here a tuple
    line: Any = tuple[int, str, KINDS[kind]]  # type: ignore[valid-type]  # a type made at run time
    return TypeAdapter(line, config=ConfigDict(ser_json_inf_nan="constants"))
