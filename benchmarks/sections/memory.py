"""A long search: how much memory its process gains, and whether late trials take longer than early ones."""

from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import number
from benchmarks.table import Section, Table


def measure(sizes: Sizes) -> Section:
    """Megabytes of growth, and the time of early and of late trials, in the experiment's own search."""
    overrides = {"search.trials": sizes.trials, "training.epochs": sizes.short}
    run = measured("memory", {"overrides": overrides})
    few, told, ready = sizes.few, run["told"], run["ready"]
    growth = (run["resident"][-1] - run["resident"][few - 1]) / 2**20
    first = (told[few - 1] - ready) / few
    later = (told[2 * few - 1] - told[few - 1]) / few
    last = (told[-1] - told[-few - 1]) / few
    whole = (told[-1] - ready) / len(told)
    rows = [
        [f"growth of resident memory from trial {few} to {sizes.trials}, MB", number(growth)],
        [f"resident memory at trial {few}, MB", number(run["resident"][few - 1] / 2**20)],
        [f"ms a trial over the first {few}, compiling and the baseline included", number(1000 * first)],
        [f"ms a trial over the next {few}", number(1000 * later)],
        [f"ms a trial over the last {few}", number(1000 * last)],
        [f"ms a trial over all {sizes.trials}", number(1000 * whole)],
        [f"the last {few} against the first {few}, ratio", number(last / first)],
        [f"all {sizes.trials} against the first {few}, ratio", number(whole / first)],
        [f"the last {few} against trials {few + 1} to {2 * few}, ratio", number(last / later)],
    ]
    title = f"A search of {sizes.trials} trials of {sizes.short} epochs, default sampler and engine, all tracked"
    return Section([Table(title, ["", "figure"], rows)], run)
