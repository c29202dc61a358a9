"""The result of a search in equal time: this project's default, and Optuna's default with `model.fit`."""

import math
import statistics
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread
from benchmarks.table import Section, Table

OURS: Final = "here, default search"
OPTUNA: Final = "Optuna, TPE + model.fit"


def measure(sizes: Sizes) -> Section:
    """The winners' confirmed validation losses over several seeds, and their paired difference."""
    runs: dict[str, list[dict[str, Any]]] = {OURS: [], OPTUNA: []}
    for seed in range(1, sizes.seeds + 1):
        task = {"seconds": sizes.seconds, "epochs": sizes.epochs, "seed": seed}
        runs[OURS].append(measured("quality", task))
        runs[OPTUNA].append(measured("optuna", {**task, "configurations": []}))
    winners = [run["best"] for found in runs.values() for run in found]
    confirmation = {"winners": winners, "fresh": sizes.fresh, "epochs": sizes.epochs}
    losses = [statistics.mean(values) for values in measured("quality", confirmation)["values"]]
    confirmed = {OURS: losses[: sizes.seeds], OPTUNA: losses[sizes.seeds :]}
    differences = [a - b for a, b in zip(confirmed[OURS], confirmed[OPTUNA], strict=True)]
    rows = [_row(name, runs[name], confirmed[name]) for name in runs]
    mean, half = interval(differences)
    note = f"Paired difference of the means: {mean:+.4f}, 95 % interval {mean - half:+.4f} to {mean + half:+.4f}."
    title = f"Validation loss of the winner after {sizes.seconds:g} s, over {sizes.seeds} seeds"
    columns = ["", "trials", "seconds", "best seen", "confirmed, mean", "least to most"]
    late = Spread.of([run["overrun"] for run in runs[OURS]]).text()
    counted = (
        f"For this project only trials that ended in time count (the search ended {late} s later); "
        "for Optuna the last trial always counts."
    )
    confirming = f"Confirmed: the winner's settings, trained again with {sizes.fresh} new seeds, the same way for all."
    notes = (note, counted, confirming)
    return Section([Table(title, columns, rows, notes)], {"runs": runs, "confirmed": confirmed})


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """The mean of paired differences, and half the width of its 95 % t-interval."""
    from scipy import stats

    count = len(differences)
    half = float(stats.t.ppf(0.975, count - 1)) * statistics.stdev(differences) / math.sqrt(count)
    return statistics.mean(differences), half


def _row(name: str, runs: list[dict[str, Any]], confirmed: list[float]) -> list[str]:
    seen = [min(v for v in run["values"] if v is not None) for run in runs]
    return [
        name,
        Spread.of([float(len(run["told"])) for run in runs]).text(),
        Spread.of([run["told"][-1] - run["ready"] for run in runs]).text(),
        f"{statistics.mean(seen):.4f}",
        f"{statistics.mean(confirmed):.4f}",
        f"{min(confirmed):.4f} to {max(confirmed):.4f}",
    ]
