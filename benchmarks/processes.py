"""Runs each worker in a separate process, so that workers share no imports, threads or memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, final

TASK: Final = "task.json"
MEASURED: Final = "measured.json"
LOG: Final = "log.txt"
UNSET: Final = ("MLFLOW_TRACKING_URI", "JAX_COMPILATION_CACHE_DIR", "NUMBA_CACHE_DIR")
"""What would lead a process away from the cache and the store that a benchmark gives it."""


@final
class WorkerFailed(Exception):
    """A worker failed; the message is the end of its output."""


@final
@dataclass(frozen=True, slots=True)
class Used:
    """What a process and the processes that it started have used, from its start at `began` to its end.

    `wall` and `processor` are seconds, `memory` is the largest resident size of one of them in bytes. Not counted are
    processes for whose end their parent did not wait.
    """

    began: float
    wall: float
    processor: float
    memory: int


def measured(worker: str, task: Mapping[str, Any], cache: Path | None = None) -> dict[str, Any]:
    """What a worker measured in a task; `began` is when its process was started (seconds since 1970).

    `processor` is the processor seconds of its process and those that it started. `cache` takes the place of the user's
    cache; without it the worker has the user's own, but none of the programs there that JAX compiled.
    """
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / TASK).write_text(json.dumps(task))
        added = {"KERAS_BACKEND": str(task.get("backend", "tensorflow")), "TF_CPP_MIN_LOG_LEVEL": "3"}
        if cache is None:
            added["JAX_COMPILATION_CACHE_DIR"] = str(folder / "jax")
        used = run([sys.executable, "-m", "benchmarks.worker", worker, name], added, folder / LOG, cache=cache)
        sys.stderr.write(f"  {worker}: {used.wall:.0f} s\n")
        return {**json.loads((folder / MEASURED).read_text()), "began": used.began, "processor": used.processor}


def run(
    words: Sequence[str],
    added: Mapping[str, str],
    log: Path,
    folder: Path | None = None,
    cache: Path | None = None,
) -> Used:
    """What the process of a command line used, whose output is in `log`; WorkerFailed if it fails.

    `added` is its environment besides this process's, `folder` where it runs, `cache` takes the place of the user's.
    """
    environment = {name: value for name, value in os.environ.items() if name not in UNSET} | dict(added)
    if cache is not None:
        environment["XDG_CACHE_HOME"] = str(cache)
    with log.open("wb") as out:
        began = time.time()
        process = subprocess.Popen(  # noqa: S603  its own module, with its own arguments
            words, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.time() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise WorkerFailed(f"{' '.join(words)}: {log.read_text(errors='replace')[-2000:]}")
    return Used(began, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Within this context, processes that this thread starts run on the first `count` of its cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def spent() -> float:
    """The processor seconds that this process and those that it started have used so far."""
    ticks: dict[int, int] = {}
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # after the name, which may contain anything: the state, the parent, and from the 12th on four times
            words = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        number = int(stat.parent.name)
        parents[number], ticks[number] = int(words[1]), sum(map(int, words[11:15]))
    ours = descendants(os.getpid(), parents)
    return sum(ticks[number] for number in ours) / os.sysconf("SC_CLK_TCK")


def descendants(root: int, parents: Mapping[int, int]) -> set[int]:
    """`root`, its children, their children and so on, from the parent of each process."""
    found, added = {root}, {root}
    while added:
        added = {number for number, parent in parents.items() if parent in added} - found
        found |= added
    return found
