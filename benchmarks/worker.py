"""The process of a worker: `python -m benchmarks.worker NAME FOLDER` reads its task in FOLDER and writes the result."""

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.processes import MEASURED, TASK


def main() -> None:
    """Run the worker that the command line names."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    found = import_module(f"benchmarks.workers.{name}").run(json.loads((folder / TASK).read_text()), folder)
    (folder / MEASURED).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
