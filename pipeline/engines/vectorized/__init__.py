"""The engine `vectorized`: many trials trained as one compiled program.

Trials of one structure share a lane. A lane has several slots, each for one trial; an epoch of a lane is one call. The
files, in the order of a trial's way: `engine` chooses the lane that trains next. `lanes` finds a trial's lane or makes
it, by the trial's `outline` (its model without weights), its `structure` (what it shares with other trials) and a
`plan` (how a lane runs). `padding` tests whether different widths may share a lane. `initial_state` holds a trial's
first weights and numbers, and `lane` puts them into a slot. A lane traces `template` (model and optimizer) and `step`
(one batch); `program` is its whole epoch. `traced_numbers`, `dropout` and `shuffle` replace what Keras does with rates,
random bits and the order of rows. `backends` names what JAX and TensorFlow do differently; `jax` and `tensorflow` do
it.

`fallback` trains the trials that no lane can train, with the engine `fit`; a line in the log says why.
"""

from pipeline.engines import Engine
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared


def create(blueprint: Blueprint, prepared: Prepared, trials: int = 1, ahead: int | None = None) -> Engine:
    """An engine that trains a search's models on prepared data; the search has at most `trials` trials."""
    from pipeline.engines.vectorized.engine import VectorizedEngine

    return VectorizedEngine(blueprint, prepared, trials, ahead)
