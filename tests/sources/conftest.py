"""Short experiment files for tests of sources."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an experiment file with the given keys of `[data]`."""

    def make(**data: Any) -> Path:
        file = tmp_path / "own.toml"
        file.write_text(tomli_w.dumps({"data": data, "model": {"family": "mlp", "width": [8, 16]}}))
        return file

    return make
