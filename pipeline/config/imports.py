"""Imports of large libraries, faster."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(library: str) -> Iterator[None]:
    """Inside this context there is no garbage collection, and none of its objects are ever looked through for garbage.

    It is meant for the first import of a large library, and does nothing later. It saves a third of the processor time
    that imports of Keras and of MLflow take, and time at the process's end.
    """
    if library in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
