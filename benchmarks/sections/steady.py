"""An epoch of a trial in steady state, after compilation, compared with the later epochs of `model.fit`."""

from typing import Any, Final

from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread
from benchmarks.table import Section, Table

FIT: Final = "model.fit"
ENGINES: Final = {
    FIT: ("fit", "tensorflow"),
    "dense": ("dense", "jax"),
    "vectorized, TensorFlow": ("vectorized", "tensorflow"),
    "vectorized, JAX": ("vectorized", "jax"),
}


def measure(sizes: Sizes) -> Section:
    """Milliseconds an epoch and trial of a 2 x 64 mlp, and how many times faster than `model.fit` that is."""
    found: dict[str, Any] = {}
    rows = []
    for dropout in (0.0, 0.25):
        seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
        # `fit` before and after the others: its spread then shows how much the machine changed meanwhile
        for name in (*ENGINES, FIT):
            seconds[name] += _seconds(found, name, dropout, sizes)
        spreads = {name: Spread.of(blocks) for name, blocks in seconds.items()}
        for name, spread in spreads.items():
            ratio = spreads[FIT].over(spread).text() if name != FIT else "1"
            rows.append([f"{name}, dropout {dropout:g}", spread.text(1000), ratio])
    columns = ["", "ms an epoch and trial", "model.fit / this"]
    return Section([Table("Steady state, 2 x 64 units, batch 32, a full engine", columns, rows)], found)


def _seconds(found: dict[str, Any], name: str, dropout: float, sizes: Sizes) -> list[float]:
    engine, backend = ENGINES[name]
    params = {"width": 64, "depth": 2, "dropout": dropout, "learning_rate": 0.001}
    # an epoch of `fit` takes two hundred times as long, so fewer epochs are enough
    epochs = sizes.steady if engine == "fit" else 10 * sizes.steady
    task = {"engine": engine, "backend": backend, "params": params, "epochs": epochs, "blocks": sizes.rounds, "edge": 0}
    run = measured("steady", task)
    found.setdefault(f"{name}, dropout {dropout:g}", []).append(run)
    seconds: list[float] = run["seconds"]
    return seconds
