"""Where the time of a search goes, by phase."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, final

STARTED: Final = time.monotonic()
"""When this file was imported, which is about when the command was typed."""


@final
class Clock:
    """Sums up wall seconds by phase; phases do not nest."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what runs inside as part of phase `name`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - began)

    def add(self, name: str, seconds: float) -> None:
        """Count seconds that were measured elsewhere."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds so far by phase, in the order in which the phases first came."""
        return dict(self._seconds)
