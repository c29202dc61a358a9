"""Keeps the terminal for this project's own lines: what libraries print goes to a log file."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.backend import redirected
from pipeline.values.data import Prepared

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@contextmanager
def only_ours(log: Path) -> Iterator["Console"]:
    """A console that writes to the terminal, while all other output of the process is appended to `log`.

    The file descriptors themselves are redirected, because TensorFlow's C++ code writes to them without Python.
    """
    from rich.console import Console

    log.parent.mkdir(parents=True, exist_ok=True)
    with redirected(log) as terminal, _logged(log), os.fdopen(os.dup(terminal), "w", encoding="utf-8") as stream:
        # a pipe has no width: 140 is wide enough that no row of a table is wrapped
        width = None if os.isatty(terminal) else 140
        yield Console(file=stream, width=width, highlight=False, soft_wrap=not os.isatty(terminal))


@contextmanager
def _logged(log: Path) -> Iterator[None]:
    """Within this context, what the pipeline logs is appended to `log`, one line each."""
    logger, handler = logging.getLogger("pipeline"), logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(level)


def ready(prepared: Prepared, console: "Console") -> None:
    """Print the task, the rows of each part, and the columns that are left out."""
    rows = (len(prepared.train), len(prepared.validation), len(prepared.split.test))
    name = f"{prepared.dataset.name}: {prepared.dataset.task.value}"
    console.print(f"{name}, {rows[0]} rows to train on, {rows[1]} for validation, {rows[2]} for the test", markup=False)
    for column, reason in prepared.transform.left_out.items():
        console.print(f"  column {column} is left out: {reason}", markup=False)


def table(*headings: str, left: int = 1) -> "Table":
    """A table without lines and rows yet; its first `left` columns are aligned to the left, the others to the right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for i, heading in enumerate(headings):
        made.add_column(heading, justify="left" if i < left else "right")
    return made
