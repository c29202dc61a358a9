"""Where arithmetic costs more than starting it: the vectorized engine against the engine `fit`, all told."""

from typing import Any, Final

from benchmarks.configurations import configurations
from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread
from benchmarks.table import Section, Table

FIT: Final = ("fit", "tensorflow")
RATES: Final = (0.001, 0.002, 0.0005)
TRIALS: Final = 3


def measure(sizes: Sizes) -> Section:
    """Seconds for a few trials, compiling included, and how many times faster than `fit` that is."""
    tiled = {"listed": configurations(TRIALS), "copies": sizes.copies, "images": 0}
    images = {"listed": [{"learning_rate": rate} for rate in RATES[:TRIALS]], "images": sizes.images}
    found: dict[str, Any] = {}
    rows: list[list[str]] = []
    for title, task, engines in (
        (f"Titanic tiled x {sizes.copies}, mlp", tiled, (FIT, ("vectorized", "tensorflow"), ("vectorized", "jax"))),
        (f"{sizes.images} images of 28 x 28, CNN", images, (FIT, ("vectorized", "tensorflow"))),
    ):
        runs: dict[tuple[str, str], list[dict[str, Any]]] = {engine: [] for engine in engines}
        for _ in range(2):
            for engine, backend in engines:
                one = {**task, "epochs": sizes.large, "engine": engine, "backend": backend}
                runs[engine, backend].append(measured("large", one))
        spreads = {engine: Spread.of([run["seconds"] for run in of]) for engine, of in runs.items()}
        for (engine, backend), spread in spreads.items():
            name = f"{title}, {engine}, {backend}"
            found[name] = runs[engine, backend]
            rows.append([name, spread.text(), spreads[FIT].over(spread).text() if engine != "fit" else "1"])
    heading = f"Large data, {TRIALS} trials of {sizes.large} epochs, compiling included"
    return Section([Table(heading, ["", "seconds", "fit / this"], rows)], found)
