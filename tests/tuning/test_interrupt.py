"""Ctrl-C and SIGTERM sent to this process: the first one is noted, the second one ends at once."""

import signal
from collections.abc import Iterator
from types import FrameType
from typing import TypeAlias

import pytest

from pipeline.tuning.interrupt import interruptible

Handlers: TypeAlias = "tuple[object, object]"
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)


@pytest.fixture
def outside() -> Iterator[list[int]]:
    """The signals that reached the earlier handlers: a signal that `interruptible` misses must not end the test run."""
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    yield heard
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers() -> Handlers:
    return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)


def test_nothing_is_wished_until_a_signal_comes(outside: list[int]) -> None:
    with interruptible() as interrupted:
        assert interrupted() is False


@SIGNALS
def test_the_first_signal_is_noted_and_the_code_goes_on(outside: list[int], number: signal.Signals) -> None:
    with interruptible() as interrupted:
        signal.raise_signal(number)
        assert interrupted() is True
        assert interrupted() is True, "asking does not take the wish back"
    assert outside == []


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@SIGNALS
def test_the_second_signal_ends_at_once(outside: list[int], number: signal.Signals, second: signal.Signals) -> None:
    reached: list[object] = []
    with pytest.raises(KeyboardInterrupt), interruptible() as interrupted:
        signal.raise_signal(number)
        reached.append(interrupted())
        signal.raise_signal(second)
        reached.append("after the second")
    assert reached == [True]
    assert outside == []


@SIGNALS
def test_afterwards_signals_go_where_they_went_before(outside: list[int], number: signal.Signals) -> None:
    before = handlers()
    with interruptible() as interrupted:
        assert before[0] not in handlers()
    signal.raise_signal(number)
    assert handlers() == before
    assert outside == [number]
    assert interrupted() is False


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_inside_brings_the_handlers_back_too(outside: list[int], error: type[BaseException]) -> None:
    before = handlers()
    with pytest.raises(error, match="inside"), interruptible():
        raise error("inside")
    assert handlers() == before


def test_a_wish_ends_with_its_search(outside: list[int]) -> None:
    with interruptible() as first:
        signal.raise_signal(signal.SIGINT)
    with interruptible() as second:
        assert (first(), second()) == (True, False)
        signal.raise_signal(signal.SIGINT)
        assert second() is True
