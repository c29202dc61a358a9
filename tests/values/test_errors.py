"""Exceptions as people read them."""

import pytest

from pipeline.values.errors import one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no such shape\nat line 7"), "ValueError: no such shape"),
        (MemoryError(), "MemoryError"),
        (RuntimeError("\n  said late\n"), "RuntimeError: said late"),
        (RuntimeError("a" * 149 + "b" * 500 + "the cause"), f"RuntimeError: {'a' * 149}b … {'b' * 141}the cause"),
    ],
    ids=["several lines", "no words", "an empty line first", "a long one keeps its end"],
)
def test_an_exception_is_one_line_with_its_cause(error: Exception, line: str) -> None:
    assert one_line(error) == line
