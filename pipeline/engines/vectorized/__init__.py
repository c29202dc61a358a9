"""The engine `vectorized`: many trials trained as one compiled program.

Trials of one structure share a lane. A lane has several slots, each for one trial; an epoch of a lane is one call.
`outline` describes a trial's model without making its weights, `structure` finds its lane, `template` and `step` are
what a lane traces, `program` is its epoch, `lane` holds the slots, `engine` the lanes. Trials that cannot be trained in
this way go to the engine `fit`; a line in the log says why.
"""

from pipeline.engines import Engine
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared


def create(blueprint: Blueprint, prepared: Prepared, trials: int = 1) -> Engine:
    """An engine that trains a search's models on prepared data; the search has at most `trials` trials."""
    from pipeline.engines.vectorized.engine import VectorizedEngine

    return VectorizedEngine(blueprint, prepared, trials)
