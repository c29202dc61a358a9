"""Keeps the terminal for this project's own lines: what libraries print goes to a log file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def only_ours(log: Path) -> Iterator["Console"]:
    """A console that writes to the terminal, while all other output of the process is appended to `log`.

    The file descriptors themselves are redirected, because TensorFlow's C++ code writes to them without Python.
    """
    from rich.console import Console

    log.parent.mkdir(parents=True, exist_ok=True)
    with _turned_over(log) as terminal, os.fdopen(os.dup(terminal), "w", encoding="utf-8") as stream:
        # a pipe has no width: 140 is wide enough that no row of a table is wrapped
        width = None if os.isatty(terminal) else 140
        yield Console(file=stream, width=width, highlight=False, soft_wrap=not os.isatty(terminal))


@contextmanager
def silent() -> Iterator[None]:
    """Inside this context, everything that the process prints is discarded."""
    with _turned_over(Path(os.devnull)):
        yield


@contextmanager
def _turned_over(log: Path) -> Iterator[int]:
    """The terminal's descriptor, while standard output and standard error of the process are appended to `log`."""
    sys.stdout.flush()
    sys.stderr.flush()
    terminal, errors = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield terminal
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(terminal, 1)
        os.dup2(errors, 2)
        os.close(terminal)
        os.close(errors)
