"""A trial's seed, computed from the search's seed."""

import hashlib


def trial_seed(seed: int, number: int) -> int:
    """The seed in [0, 2**31) of a search's trial `number`: a hash of both, so seeds of neighbours are unrelated."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
