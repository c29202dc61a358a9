"""The compiled functions: where they are kept."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

from pipeline.engines.dense import kernels


def test_without_a_folder_for_the_cache_a_function_is_compiled_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def refusing(*given: Any, **settings: Any) -> Any:
        if settings.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return real(*given, **settings)

    monkeypatch.setattr(numba, "njit", refusing)
    assert kernels.compiled(lambda x: x + 1)(2) == 3


@pytest.mark.slow
@pytest.mark.no_cover
def test_compiling_ahead_fills_the_users_cache(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    words = [sys.executable, "-m", "pipeline.engines.dense"]
    subprocess.run(words, env=env | {"XDG_CACHE_HOME": str(tmp_path)}, check=True)
    kept = {path.name.split("-")[0].split(".")[1] for path in tmp_path.rglob("*.nbi")}
    assert kept == {"epoch", "judge", "alive"}
