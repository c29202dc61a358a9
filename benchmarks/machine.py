"""Where and when something was measured."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

PACKAGES: Final = ("keras", "tensorflow", "jax", "keras-tuner", "optuna", "scikit-learn", "mlflow")


def machine() -> dict[str, str]:
    """The date, the processors, the versions and the commit."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "CPUs": str(os.cpu_count()),
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "commit": commit.stdout.strip() or "unknown",
    }
