"""How much of the machine's arithmetic the engine uses, compared with a float32 matrix product in the same run."""

from collections.abc import Sequence
from typing import Any, Final

from benchmarks.processes import measured
from benchmarks.sizes import Sizes
from benchmarks.spread import Spread
from benchmarks.table import Section, Table

ENGINES: Final = {
    "dense": ("dense", "jax"),
    "vectorized, TensorFlow": ("vectorized", "tensorflow"),
    "vectorized, JAX": ("vectorized", "jax"),
}
PARAMS: Final = {"width": 128, "depth": 4, "dropout": 0.0, "learning_rate": 0.001}


def measure(sizes: Sizes) -> Section:
    """Useful floating-point operations per second of a 4 x 128 mlp in steady state, and their share of a product's."""
    found: dict[str, Any] = {}
    rows = []
    for name, (engine, backend) in ENGINES.items():
        task = {"engine": engine, "backend": backend, "params": PARAMS, "epochs": 4 * sizes.steady}
        found[name] = run = measured("steady", {**task, "blocks": sizes.rounds, "edge": sizes.edge})
        useful = useful_operations(run["kernels"], run["rows"][0], run["rows"][1])
        speed = Spread.of([useful / seconds for seconds in run["seconds"]])
        peak = Spread.of([2 * sizes.edge**3 / seconds for seconds in run["product"]])
        rows.append([name, speed.text(1e-9), peak.text(1e-9), speed.over(peak).text(100)])
    columns = ["", "useful, 10⁹ a second", f"matrix product of {sizes.edge}, 10⁹ a second", "share, %"]
    notes = (
        "Useful: only the matrix products of layers, forward and backward, in training and validation.",
        "A full engine: as many trials as a lane has slots, or, with `dense`, as there are cores.",
    )
    return Section([Table("Arithmetic, 4 x 128 units, batch 32, a full engine", columns, rows, notes)], found)


def useful_operations(kernels: Sequence[Sequence[int]], train: int, validation: int) -> int:
    """The operations of an epoch in dense layers of these (inputs, outputs): 2 per weight and row forward.

    Backward there are as many for the gradient of the weights, and as many again for the gradient of the inputs. The
    first layer does not need the latter.
    """
    sizes = [inputs * outputs for inputs, outputs in kernels]
    forwards = 2 * sum(sizes)
    backwards = 2 * sum(sizes) + 2 * sum(sizes[1:])
    return train * (forwards + backwards) + validation * forwards
