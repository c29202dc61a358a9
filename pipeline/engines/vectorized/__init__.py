"""The engine `vectorized`: many trials trained as one compiled program.

Trials of one structure share a lane of slots; an epoch of a lane is one call. `outline` looks at a trial's model
without making it, `structure` finds its lane, `template` and `step` are what a lane traces, `program` is its epoch,
`lane` holds the slots, `engine` the lanes. What cannot be trained so goes to the engine `fit`, with a line in the log.
"""

from pipeline.blueprint import Blueprint
from pipeline.data import Prepared
from pipeline.engines import Engine


def create(blueprint: Blueprint, prepared: Prepared, trials: int = 1) -> Engine:
    """An engine that trains a search's models on prepared data, for a search of so many trials."""
    from pipeline.engines.vectorized.engine import VectorizedEngine

    return VectorizedEngine(blueprint, prepared, trials)
