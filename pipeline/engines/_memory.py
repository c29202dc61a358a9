"""The memory of the machine, and whether a model can be trained in it."""

import os
from typing import TYPE_CHECKING

from pipeline.values.blueprint import training_bytes

if TYPE_CHECKING:
    import keras


def needed(model: "keras.Model", batch: int) -> int:
    """The bytes for training a model with batches of `batch` rows; MemoryError if this machine has fewer."""
    found, there = training_bytes(model, batch), machine()
    if found > there:
        raise MemoryError(f"the model needs {found / 2**30:.1f} GiB to train; this machine has {there / 2**30:.1f}")
    return found


def machine() -> int:
    """The bytes of all memory of the machine: the free part differs from run to run."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
