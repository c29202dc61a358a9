"""Models whose arithmetic takes longer than its overhead: total time of the vectorized engine and of `fit`."""

from typing import Any, Final

from benchmarks.configurations import configurations
from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread
from benchmarks.table import Section, Table

FIT: Final = ("fit", "tensorflow")
CNN: Final = (FIT, ("vectorized", "tensorflow"))
"""Without JAX, on which convolutions are left to `fit`."""
TRIALS: Final = 3
ROUNDS: Final = 2
ALL: Final = (FIT, ("vectorized", "tensorflow"), ("vectorized", "jax"))


def measure(sizes: Sizes) -> Section:
    """Seconds for a few trials, compiling included, and how many times faster than `fit` that is."""
    drawn = configurations(TRIALS)
    rates = [{"learning_rate": rate} for rate in (0.0005, 0.001, 0.002)]
    alike = [{**drawn[0], **rate} for rate in rates]
    rows_of = {"copies": sizes.copies, "images": 0}
    found: dict[str, Any] = {}
    rows: list[list[str]] = []
    for title, task, engines in (
        (f"Titanic x {sizes.copies}, drawn mlps", {**rows_of, "listed": drawn}, ALL),
        (f"Titanic x {sizes.copies}, mlps of one structure", {**rows_of, "listed": alike}, ALL),
        (f"{sizes.images} images of 28 x 28, CNN", {"images": sizes.images, "listed": rates}, CNN),
    ):
        runs: dict[tuple[str, str], list[dict[str, Any]]] = {engine: [] for engine in engines}
        for _ in range(ROUNDS):
            for engine, backend in engines:
                one = {**task, "epochs": sizes.large, "engine": engine, "backend": backend}
                runs[engine, backend].append(measured("large", one))
        spreads = {engine: Spread.of([run["seconds"] for run in of]) for engine, of in runs.items()}
        for (engine, backend), spread in spreads.items():
            name = f"{title}, {engine}, {backend}"
            found[name] = runs[engine, backend]
            rows.append([name, spread.text(), spreads[FIT].over(spread).text() if engine != "fit" else "1"])
    heading = f"Large data, {TRIALS} trials of {sizes.large} epochs, compiling included"
    notes = ("The drawn mlps differ in depth and width: each is alone in its lane, and the other slots are empty.",)
    return Section([Table(heading, ["", "seconds", "fit / this"], rows, notes)], found)
