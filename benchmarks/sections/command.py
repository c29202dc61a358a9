"""The whole command, from typing to the prompt, with everything logged, against KerasTuner's loop of as many trials."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, final

from benchmarks.command import tuned
from benchmarks.configurations import configurations
from benchmarks.processes import cores, measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread, number
from benchmarks.table import Section, Table

CORES: Final = (2, 1)
QUICK: Final = 100
"""A command of more trials runs once."""
SMALLEST: Final = ("--trials", "2", "--set", "training.epochs=2")
NAMES: Final = {"wall": "s", "processor": "processor s"}


@final
@dataclass(frozen=True, slots=True)
class Case:
    """A command; `empty`: with an empty user cache. KerasTuner is compared by `rival` trials, or not at all."""

    title: str
    words: Sequence[str]
    cores: int
    rounds: int
    rival: int | None = None
    empty: bool = False

    def run(self, filled: Path) -> dict[str, Any]:
        """A run of the command, with the cache in `filled` or with an empty one."""
        if not self.empty:
            return tuned(self.words, self.cores, filled)
        with TemporaryDirectory(prefix="bench-cache-") as cache:
            return tuned(self.words, self.cores, Path(cache))


def measure(sizes: Sizes) -> Section:
    """Seconds, processor seconds and memory of commands, and how many times as long KerasTuner's loop takes."""
    counts = [count for count in CORES if count <= len(os.sched_getaffinity(0))]
    every = [case for count in counts for case in _cases(sizes, count)]
    found: dict[str, list[dict[str, Any]]] = {case.title: [] for case in every}
    rivals: dict[int, dict[str, Any]] = {}
    with TemporaryDirectory(prefix="bench-cache-") as filled:
        tuned(("--trials", str(min(QUICK, max(sizes.commands)))), counts[0], Path(filled))
        for turn in range(sizes.rounds):
            for case in every:
                if turn < case.rounds:
                    found[case.title].append(case.run(Path(filled)))
            if not rivals:
                task = {"configurations": configurations(sizes.compared), "epochs": sizes.epochs, "seed": 7}
                for count in counts:
                    with cores(count):
                        rivals[count] = measured("keras_tuner", task)
    tables = [_used(every, found, rivals, sizes), _phases(found)]
    return Section(tables, {"commands": found, "KerasTuner": {str(count): run for count, run in rivals.items()}})


def scaled(run: Mapping[str, Any], trials: int) -> dict[str, float]:
    """Seconds and processor seconds of a loop of `trials`, from one of fewer: its imports, and each trial's mean."""
    share = trials / len(run["told"])
    return {
        "wall": run["ready"] - run["began"] + share * (run["told"][-1] - run["ready"]),
        "processor": run["processor"] + (share - 1) * run["spent"],
    }


def _cases(sizes: Sizes, count: int) -> list[Case]:
    on = "1 core" if count == 1 else f"{count} cores"
    rounds = {trials: sizes.rounds if trials <= QUICK else 1 for trials in sizes.commands}
    first = min(QUICK, max(sizes.commands))
    return [
        *(Case(f"{n} trials, {on}", ("--trials", str(n)), count, rounds[n], n) for n in sizes.commands),
        Case(f"{first} trials, {on}, empty cache", ("--trials", str(first)), count, sizes.rounds, first, empty=True),
        Case(f"2 trials of 2 epochs, {on}", SMALLEST, count, sizes.rounds),
    ]


def _used(
    cases: Sequence[Case],
    found: Mapping[str, list[dict[str, Any]]],
    rivals: Mapping[int, Mapping[str, Any]],
    sizes: Sizes,
) -> Table:
    rows = []
    for case in cases:
        cells = [case.title]
        for what in NAMES:
            own = Spread.of([run[what] for run in found[case.title]])
            cells.append(own.text())
            if case.rival is None:
                cells.append("")
            else:
                cells.append(Spread.of([scaled(rivals[case.cores], case.rival)[what]]).over(own).text())
        memory = Spread.of([run["memory"] / 2**20 for run in found[case.title]])
        rows.append([*cells, memory.text()])
    columns = ["", *(text for name in NAMES.values() for text in (name, "KerasTuner / this")), "largest process, MB"]
    seconds = ", ".join(f"{number(run['told'][-1] - run['ready'])} s on {count}" for count, run in rivals.items())
    notes = (
        "From the start of the process to its end, all processes together: reading, preprocessing, the search, the "
        "confirmation, the champion and its report, figures, and every trial in a new MLflow store.",
        f"KerasTuner: `Tuner.search` of as many trials of up to {sizes.epochs} epochs, drawn at random, nothing "
        f"tracked, none confirmed; with its imports. It ran {sizes.compared} trials ({seconds}), from whose mean the "
        "time of more is reckoned. Its trials take longer than TPE's, most of which stop early: a part of the ratio is "
        "shorter training.",
        "The cache is that of the user. Setting up .venv with `make` compiles the functions into it before any "
        "command: with an empty cache, a command compiles them itself.",
    )
    return Table("The whole command `tune titanic`, everything logged", columns, rows, notes)


def _phases(found: Mapping[str, list[dict[str, Any]]]) -> Table:
    names = list(dict.fromkeys(name for runs in found.values() for run in runs for name in run["phases"]))
    rows = []
    for title, runs in found.items():
        # a phase that took less than 0.05 s is not printed
        rows.append([title, *(number(median(run["phases"].get(name, 0.0) for run in runs)) for name in names)])
    return Table("Where these commands spend their time, s", ["", *names], rows)
