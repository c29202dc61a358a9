"""The same list of configurations through KerasTuner's loop, others in Optuna's, and this project's engines."""

import itertools
import statistics
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, final

from benchmarks.configurations import configurations
from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread, number
from benchmarks.table import Section, Table

QUARTERS: Final = 4
TUNER: Final = "KerasTuner, Tuner.search"
OPTUNA: Final = "Optuna, optimize + model.fit"
SCIKIT: Final = "Optuna, scikit-learn's MLP"
JAX: Final = "Optuna, plain JAX"
TORCH: Final = "Optuna, plain PyTorch"
FIT: Final = "here, fit"
TENSORFLOW: Final = "here, vectorized, TensorFlow"
EMPTY: Final = "here, vectorized, JAX, empty cache"
FILLED: Final = "here, vectorized, JAX, filled cache"
DENSE_EMPTY: Final = "here, dense, empty cache"
DENSE: Final = "here, dense, filled cache"
TRACKED: Final = (FIT, TENSORFLOW, EMPTY, FILLED, DENSE_EMPTY, DENSE)
ORDER: Final = (TUNER, OPTUNA, SCIKIT, JAX, TORCH, *TRACKED)

NOTES: Final = (
    "Warm: from the end of the imports to the end of the last trial. Cold: from the start of the process to the end of "
    "the last trial; for this project until that trial is stored in MLflow.",
    "This project also tracks every trial, curve and setting and first trains the baseline, within these times.",
    "The cache is that of the user: with an empty one, all functions and programs are compiled within these times.",
    "scikit-learn's MLP has no dropout, so it trains other models. The loops without Keras stop early by hand. "
    "scikit-learn and PyTorch multiply with one thread, with which they are faster here.",
    "Spread: over several runs of the quick ones. The slow ones ran once; their spread is over quarters of the run.",
)
PROCESSORS: Final = (
    "Warm: as above, in all processes together; for this project with the process that writes to MLflow. Whole: from "
    "the start of the process to its end; for this project with all that a search does after its trials: confirmation, "
    "the champion's scores, figures, and the end of the delivery to MLflow.",
    "With 2 cores, 2 processor seconds can pass in one second.",
)


def measure(sizes: Sizes) -> Section:
    """The times, ratios and mean validation losses of all competitors."""
    bench = _Bench(sizes)
    bench.quick()
    bench.other(TUNER, "keras_tuner")
    if sizes.rounds > 1:
        bench.quick()
    bench.other(OPTUNA, "optuna")
    bench.ours(FIT, "fit", "tensorflow")
    for _ in range(sizes.rounds - 2):
        bench.quick()
    return Section([_times(bench.found, sizes), _processors(bench.found), _tracking(bench.found)], bench.found)


@final
class _Bench:
    """Runs competitors; `found` holds each one's runs, in order."""

    def __init__(self, sizes: Sizes) -> None:
        self.found: dict[str, list[dict[str, Any]]] = {}
        self._epochs = sizes.epochs
        self._list = configurations(sizes.configurations)

    def quick(self) -> None:
        """One run of each quick competitor."""
        with TemporaryDirectory(prefix="bench-cache-") as cache:
            self.ours(DENSE_EMPTY, "dense", "auto", Path(cache))
            self.ours(DENSE, "dense", "auto", Path(cache))
        self.other(SCIKIT, "scikit_learn")
        self.other(JAX, "plain_jax")
        if find_spec("torch"):
            self.other(TORCH, "pytorch")
        self.ours(TENSORFLOW, "vectorized", "tensorflow")
        with TemporaryDirectory(prefix="bench-cache-") as cache:
            self.ours(EMPTY, "vectorized", "jax", Path(cache))
            self.ours(FILLED, "vectorized", "jax", Path(cache))

    def other(self, name: str, worker: str) -> None:
        """A run of another library's loop."""
        self._note(name, measured(worker, {"configurations": self._list, "epochs": self._epochs, "seed": 7}))

    def ours(self, name: str, engine: str, backend: str, cache: Path | None = None) -> None:
        """A run of this project."""
        overrides = {
            "search.library": "own",
            "search.sampler": "listed",
            "search.trials": len(self._list),
            "search.listed": self._list,
            "training.epochs": self._epochs,
            "training.engine": engine,
            "training.backend": backend,
        }
        self._note(name, measured("search", {"overrides": overrides}, cache))

    def _note(self, name: str, run: dict[str, Any]) -> None:
        run["warm"] = run["told"][-1] - run["ready"]
        run["cold"] = run.get("stored", run["told"][-1]) - run["began"]
        run["quarters"] = quarters(run["ready"], run["told"])
        self.found.setdefault(name, []).append(run)
        times = f"warm {run['warm']:.1f} s, cold {run['cold']:.1f} s"
        sys.stderr.write(f"  {name}: {times}, processor {run['spent']:.1f} and {run['processor']:.1f} s\n")


def quarters(ready: float, told: list[float]) -> list[float]:
    """For each quarter of a run, the seconds of a whole run at that quarter's speed."""
    size = len(told) // QUARTERS
    ends = [ready, *(told[size * (i + 1) - 1] for i in range(QUARTERS))]
    return [(after - before) * len(told) / size for before, after in itertools.pairwise(ends)]


def spread(runs: list[dict[str, Any]], what: str) -> Spread:
    """The spread of `warm` or `cold`: over runs, or over the quarters of the only one."""
    if len(runs) > 1:
        return Spread.of([run[what] for run in runs])
    run = runs[0]
    beside = run[what] - run["warm"]
    return Spread(min(run["quarters"]) + beside, run[what], max(run["quarters"]) + beside)


def _times(found: Mapping[str, list[dict[str, Any]]], sizes: Sizes) -> Table:
    rows = []
    for name in _measured(found):
        cells = [name]
        for what in ("warm", "cold"):
            own = spread(found[name], what)
            ratios = [
                spread(found[rival], what).over(own).text() if rival != name else "1" for rival in (TUNER, OPTUNA)
            ]
            cells += [own.text(), *ratios]
        values = [value for run in found[name] for value in run["values"] if value is not None]
        epochs = [count for run in found[name] for count in run["epochs"]]
        rows.append([*cells, f"{statistics.mean(values):.4f}", f"{statistics.mean(epochs):.1f}"])
    title = f"Titanic, the same {sizes.configurations} configurations, up to {sizes.epochs} epochs, early stopping"
    against = ("KerasTuner / this", "Optuna / this")
    columns = ["", "warm, s", *against, "cold, s", *against, "mean val_loss", "epochs"]
    return Table(title, columns, rows, NOTES)


def _processors(found: Mapping[str, list[dict[str, Any]]]) -> Table:
    rows = []
    for name in _measured(found):
        cells = [name]
        for what in ("spent", "processor"):
            own = Spread.of([run[what] for run in found[name]])
            rivals = {rival: Spread.of([run[what] for run in found[rival]]) for rival in (TUNER, SCIKIT)}
            cells += [own.text(), *("1" if rival == name else of.over(own).text() for rival, of in rivals.items())]
        rows.append(cells)
    against = ("KerasTuner / this", "scikit-learn / this")
    columns = ["", "warm, processor s", *against, "whole, processor s", *against]
    return Table("The same in processor seconds", columns, rows, PROCESSORS)


def _measured(found: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Those that ran, in the order of the tables: PyTorch is not installed everywhere."""
    return [name for name in ORDER if name in found]


def _tracking(found: Mapping[str, list[dict[str, Any]]]) -> Table:
    rows = []
    for name in TRACKED:
        runs = found[name]
        phases = [run["phases"] for run in runs]
        waits = [(p["ask and tell"] + p["tracking"] + p["idle"]) / sum(p.values()) for p in phases]
        asks = [p["ask and tell"] / run["warm"] for p, run in zip(phases, runs, strict=True)]
        records = [run["recording"] / run["warm"] for run in runs]
        tails = [(run["stored"] - run["told"][-1]) / (len(run["told"]) + 1) for run in runs]
        baseline = number(statistics.median(run["baseline"] for run in runs))
        shares = [Spread.of(share).text(100) for share in (waits, asks, records)]
        rows.append([name, *shares, Spread.of(tails).text(1000), baseline])
    columns = ["", "waits, %", "sampling, %", "tracking, %", "tail, ms a run", "baseline, s"]
    notes = (
        "Waits: the share of the search's time in which training waits for sampling, tracking and the rest of the "
        "loop. Sampling and tracking: their shares of the warm time. Tail: from the end of the last trial until it is "
        "in MLflow, per MLflow run.",
    )
    return Table("What tracking costs", columns, rows, notes)
