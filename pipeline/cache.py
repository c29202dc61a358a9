"""Where a user's own cache is: what may be lost at any time and is then made anew."""

import os
from pathlib import Path


def cached(name: str) -> Path:
    """The path of `name` in the cache; neither it nor its folder need be there."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras-pipeline" / name
