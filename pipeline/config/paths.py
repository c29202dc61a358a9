"""Where a user's cache is, and how files are written and read so that a process may be killed at any moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cached(name: str) -> Path:
    """The path of `name` in the user's cache, whose content may be lost at any time; it need not exist."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras-pipeline" / name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` at the end, so that a reader sees old or new.

    If the writing raises an exception, `path` stays as it was. Its folder is made if it does not exist.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a file, each with its line break; a last line that a kill cut short is removed from the file.

    If the file does not exist, there are no lines. Only the process that appends to the file may call this.
    """
    if not path.is_file():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        torn = lines.pop()
        os.truncate(path, path.stat().st_size - len(torn))
    return lines
