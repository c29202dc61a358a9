"""A plain JAX loop in Optuna's: an epoch is one compiled program, and each network structure needs its own."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.workers import _by_hand, _plain
from pipeline.values.space import Params

BETAS: Final = (0.9, 0.999)
EPSILON: Final = 1e-7


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:  # noqa: ARG001
    """What `_by_hand.searched` found."""
    import jax
    import jax.numpy as jnp

    prepared = _plain.data()
    x, y = jnp.asarray(prepared.train.x), jnp.asarray(prepared.train.y)
    validation = jnp.asarray(prepared.validation.x), jnp.asarray(prepared.validation.y)
    steps = -(-len(x) // _plain.BATCH)

    def logits(layers: Any, rows: Any, key: Any, dropout: Any) -> Any:
        for weights, bias in layers[:-1]:
            key, own = jax.random.split(key)
            rows = jax.nn.relu(rows @ weights + bias)
            rows = jnp.where(jax.random.bernoulli(own, 1 - dropout, rows.shape), rows / (1 - dropout), 0)
        return rows @ layers[-1][0] + layers[-1][1]

    def loss(layers: Any, taken: Any, key: Any, dropout: Any) -> Any:
        # the last batch is filled up with rows of number -1, which do not count
        chosen = jax.nn.log_softmax(logits(layers, x[taken], key, dropout))[jnp.arange(len(taken)), y[taken]]
        return -jnp.sum(chosen, where=taken >= 0) / jnp.sum(taken >= 0)

    @jax.jit
    def epoch(state: Any, key: Any, rate: Any, dropout: Any) -> Any:
        key, own = jax.random.split(key)
        order = jax.random.permutation(own, len(x))
        filled = jnp.full(steps * _plain.BATCH, -1).at[: len(x)].set(order).reshape(steps, -1)

        def step(state: Any, batch: Any) -> Any:
            layers, first, second, count = state
            taken, own = batch
            slopes = jax.grad(loss)(layers, taken, own, dropout)
            first = jax.tree.map(lambda m, g: BETAS[0] * m + (1 - BETAS[0]) * g, first, slopes)
            second = jax.tree.map(lambda v, g: BETAS[1] * v + (1 - BETAS[1]) * g * g, second, slopes)
            length = rate * jnp.sqrt(1 - BETAS[1] ** (count + 1)) / (1 - BETAS[0] ** (count + 1))
            layers = jax.tree.map(lambda w, m, v: w - length * m / (jnp.sqrt(v) + EPSILON), layers, first, second)
            return (layers, first, second, count + 1), None

        state, _ = jax.lax.scan(step, state, (filled, jax.random.split(key, steps)))
        judged = jax.nn.log_softmax(logits(state[0], validation[0], key, 0.0))
        return state, -judged[jnp.arange(len(validation[1])), validation[1]].mean()

    def objective(settings: Params) -> tuple[float, int]:
        widths = [x.shape[1], *[int(settings["width"])] * int(settings["depth"]), 2]
        keys = iter(jax.random.split(jax.random.key(task["seed"]), len(widths) + task["epochs"]))
        glorot = jax.nn.initializers.glorot_uniform()
        layers = [(glorot(next(keys), of), jnp.zeros(of[1])) for of in itertools.pairwise(widths)]
        zeros = jax.tree.map(jnp.zeros_like, layers)
        state: Any = (layers, zeros, zeros, 0)
        kept: list[Any] = []

        def advance() -> float:
            nonlocal state
            state, value = epoch(state, next(keys), float(settings["learning_rate"]), float(settings["dropout"]))
            return float(value)

        def keep() -> None:
            kept[:] = [state[0]]

        return _by_hand.stopped_early(task["epochs"], advance, keep)

    return _by_hand.searched(task, objective)
