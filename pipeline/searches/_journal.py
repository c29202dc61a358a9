"""A journal of Optuna's storage that one process writes: a line for each change, in the format of Optuna's own file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, final

from pipeline.cache import whole_lines


@final
class JournalBackend:
    """What `JournalStorage` asks of its backend. Each line is with the operating system before a call returns.

    Optuna's own backend locks the file and waits for the disk at each line: measured, 63 ms for a random trial of 7
    parameters against 4.5; and a killed process leaves its lock to the next one. A search has one process: it needs
    neither.
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
