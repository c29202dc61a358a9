"""The command line: measure sections, merge them into the results, and print the tables."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.machine import machine
from benchmarks.sizes import FULL, SMALL, Sizes
from benchmarks.table import Results

SECTIONS: Final = ("titanic", "command", "steady", "arithmetic", "memory", "quality", "large", "scale", "trust")
HERE: Final = Path(__file__).parent


def main() -> None:
    """Measure, say how long each section took, and write `results.json` and `results.md`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure; see benchmarks/__init__.py.")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(SECTIONS), help="sections")
    parser.add_argument("--small", action="store_true", help="a quick test of all sections; the figures mean nothing")
    parser.add_argument("--into", type=Path, help="the folder of the results; without it those of --small are not kept")
    given = parser.parse_args()
    for name in given.only:
        if name not in SECTIONS:
            parser.error(f"there is no section `{name}`. Allowed: {', '.join(SECTIONS)}.")
    with TemporaryDirectory() as passing:
        _measure(given.only, SMALL if given.small else FULL, given.into or (Path(passing) if given.small else HERE))


def _measure(names: Sequence[str], sizes: Sizes, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    path = into / "results.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    for name in names:
        began = time.monotonic()
        section = import_module(f"benchmarks.sections.{name}").measure(sizes)
        known[name] = {"machine": machine(), **section.plain()}
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        known = {name: known[name] for name in SECTIONS if name in known}
        # after each section: an error in a later section does not lose half an hour of results
        path.write_text(json.dumps(known) + "\n")
    text = Results(known).text()
    path.with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
