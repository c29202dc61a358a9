"""Where the time of a search goes, by phase."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, final

STARTED: Final = time.monotonic()
"""When this file was imported, which is about the time when the command was typed."""


@final
class Clock:
    """Adds up wall-clock seconds by phase; a phase cannot contain another."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the time of this context as part of phase `name`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - began)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds that were measured elsewhere."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds so far by phase, in the order in which the phases first occurred."""
        return dict(self._seconds)
