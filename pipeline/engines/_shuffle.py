"""The order of the rows in an epoch: shuffled each epoch as in `model.fit`, but from the trial's seed."""

import numpy as np


def order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """All row numbers (rows,) int32, in the order of a trial's epoch."""
    return np.random.Generator(np.random.PCG64((seed, epoch))).permutation(rows).astype(np.int32)
