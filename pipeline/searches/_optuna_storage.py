"""A journal file for Optuna's storage, written by one process: one line for each change, in Optuna's own format."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, final

from pipeline.config.paths import whole_lines


@final
class JournalBackend:
    """A backend for `JournalStorage`. When a call returns, its lines are written to the operating system.

    Optuna's own backend locks the file and waits for the disk at each line. Measured, a random trial of 7 parameters
    takes 63 ms with it and 4.5 ms with this one. A killed process also leaves its lock behind, which blocks the next
    process. A search has only one process, so it needs neither the lock nor the wait.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._path = path
        self._lines = [line.decode() for line in whole_lines(path)]

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        return map(json.loads, self._lines[log_number_from:])

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        lines = [json.dumps(log, separators=(",", ":")) for log in logs]
        with self._path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
        self._lines.extend(lines)
