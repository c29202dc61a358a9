"""What an engine looks at inside a model: its ReLU layers, and the norms of gradients and weights."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import keras
    import numpy as np

ROWS: Final = 1024
"""Without a validation part, ReLU units are watched on at most this number of rows of the training part."""


def rectified(model: "keras.Model") -> "list[keras.KerasTensor]":
    """The outputs of a model's ReLU layers, in the layers' order; each place on the last axis, or channel, is a unit.

    Empty if the model is not a graph of layers, or has no such layer.
    """
    import keras

    graph = getattr(model, "_functional", model)  # where a Sequential has its graph
    if not isinstance(graph, keras.src.models.functional.Functional):
        return []
    # only calls within this graph: a layer may have been called for another model too
    calls = [node for nodes in graph._nodes_by_depth.values() for node in nodes]  # noqa: SLF001
    outputs = {id(call.operation): call.output_tensors[0] for call in calls}
    return [outputs[id(layer)] for layer in model.layers if _is_relu(layer)]


def units(model: "keras.Model") -> list[int]:
    """How many units each of a model's ReLU layers has."""
    return [int(tensor.shape[-1]) for tensor in rectified(model)]


def squared_norm(tensors: Iterable[Any]) -> Any:
    """The sum of the squares of all elements of some tensors or variables, a tensor (); sparse gradients count too."""
    from keras import ops

    return sum(ops.sum(ops.square(ops.convert_to_tensor(tensor))) for tensor in tensors)


def probe(model: "keras.Model") -> "keras.Model":
    """A model of the same layers that returns the outputs of `model`, then those of its ReLU layers, if it has any.

    ValueError if its variables would be in another order.
    """
    import keras

    inside = rectified(model)
    if not inside:
        return model
    made = keras.Model(model.inputs, [*model.outputs, *inside])
    for ours, theirs in (
        (made.trainable_variables, model.trainable_variables),
        (made.non_trainable_variables, model.non_trainable_variables),
    ):
        if [id(v) for v in ours] != [id(v) for v in theirs]:
            raise ValueError("watching its ReLU layers would change the order of its variables")
    return made


def alive(model: "keras.Model", x: "np.ndarray") -> list[int]:
    """How many units of each ReLU layer give something above 0 for any of the rows `x`."""
    import keras
    import numpy as np

    outputs = rectified(model)
    if not outputs:
        return []
    inside = keras.Model(model.inputs, outputs)
    highest: list[np.ndarray] = [np.zeros(tensor.shape[-1]) for tensor in outputs]
    for start in range(0, len(x), ROWS):
        given = keras.tree.flatten(inside(x[start : start + ROWS], training=False))
        found = [keras.ops.convert_to_numpy(tensor) for tensor in given]
        highest = [np.maximum(h, f.max(axis=tuple(range(f.ndim - 1)))) for h, f in zip(highest, found, strict=True)]
    return [int((h > 0).sum()) for h in highest]


def _is_relu(layer: "keras.layers.Layer") -> bool:
    import keras

    if isinstance(layer, keras.layers.ReLU):
        return layer.max_value is None and not layer.negative_slope and not layer.threshold
    return getattr(layer, "activation", None) is keras.activations.relu
