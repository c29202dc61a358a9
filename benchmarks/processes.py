"""Runs each worker in a separate process, so that workers share no imports, threads or memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, final

TASK: Final = "task.json"
MEASURED: Final = "measured.json"
LOG: Final = "log.txt"


@final
class WorkerFailed(Exception):
    """A worker failed; the message is the end of its output."""


def measured(worker: str, task: Mapping[str, Any], cache: Path | None = None) -> dict[str, Any]:
    """What a worker measured in a task; `began` is when its process was started (seconds since 1970).

    `cache` is the folder of JAX's compile cache; without `cache` the worker starts with an empty one.
    """
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / TASK).write_text(json.dumps(task))
        environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
        environment |= {
            "KERAS_BACKEND": str(task.get("backend", "tensorflow")),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "JAX_COMPILATION_CACHE_DIR": str(cache or folder / "jax"),
        }
        with (folder / LOG).open("wb") as log:
            began = time.time()
            done = subprocess.run(  # noqa: S603  its own module, with its own arguments
                [sys.executable, "-m", "benchmarks.worker", worker, name],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        sys.stderr.write(f"  {worker}: {time.time() - began:.0f} s\n")
        if done.returncode:
            raise WorkerFailed(f"{worker}: {(folder / LOG).read_text(errors='replace')[-2000:]}")
        return {**json.loads((folder / MEASURED).read_text()), "began": began}
