"""The whole command `tune`, from typing to the prompt, as a person uses it: with all stages and everything logged."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.configurations import EXPERIMENT
from benchmarks.processes import LOG, cores, run

ROOT: Final = Path(__file__).parents[1]
TIME: Final = re.compile(r"^Time: [\d.]+ s: (.+)$", re.MULTILINE)
"""The line in which the command says how long each phase took."""
WITHIN: Final = re.compile(r"(\w+) \(([^)]*)\) ")
"""A phase that is divided further: its name and its parts."""


def tuned(words: Sequence[str], count: int, cache: Path) -> dict[str, Any]:
    """What `tune` with more `words` used on `count` cores, with the seconds of its phases; its mlruns folder is new.

    `cache` takes the place of the user's cache.
    """
    with TemporaryDirectory(prefix="bench-command-") as name:
        folder = Path(name)
        given = os.environ.get("PYTHONPATH")
        path = f"{ROOT}{os.pathsep}{given}" if given else str(ROOT)
        file = str(ROOT / "experiments" / f"{EXPERIMENT}.toml")
        with cores(count):
            used = run(
                [sys.executable, "-m", "pipeline", "tune", file, *words],
                {"PYTHONPATH": path},
                folder / LOG,
                folder,
                cache,
            )
        text = (folder / LOG).read_text("utf-8")
        if "could not be delivered" in text:
            raise RuntimeError(f"MLflow lacks events:\n{text[-500:]}")
        sys.stderr.write(
            f"  tune {' '.join(words)}, {count} cores: {used.wall:.1f} s, processor {used.processor:.1f} s\n"
        )
        return {**asdict(used), "phases": phases(text)}


def phases(text: str) -> dict[str, float]:
    """The seconds of each phase that the command printed; a part of a phase is named `tune: train`."""
    found = TIME.search(text)
    if found is None:
        raise ValueError(f"no line says how long the phases took:\n{text[-500:]}")
    seconds = _named(WITHIN.sub(r"\1 ", found[1]))
    for phase, parts in WITHIN.findall(found[1]):
        seconds |= _named(parts, f"{phase}: ")
    return seconds


def _named(text: str, before: str = "") -> dict[str, float]:
    return {before + name: float(seconds) for name, _, seconds in (part.rpartition(" ") for part in text.split(", "))}
