"""A chain of layers as the compiled functions take it, read from an ordinary Keras model.

The steps of a chain are dense layers, dropout, activations and normalizations, one after another. What stands before
them is the front: layers and operations without variables, for example a searched scaling. The front's output depends
only on the data, so it is computed once and not in each epoch.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import keras
import numpy as np

from pipeline.engines.dense import kernels
from pipeline.engines.dense.kernels import Net
from pipeline.values.blueprint import Output, without_tensorflow

ACTIVATIONS: Final[Mapping[str, tuple[int, float]]] = {
    "relu": (kernels.RELU, 0.0),
    "tanh": (kernels.TANH, 0.0),
    "sigmoid": (kernels.SIGMOID, 0.0),
    "elu": (kernels.ELU, 1.0),
    "selu": (kernels.SELU, 0.0),
    "gelu": (kernels.GELU, 0.0),
    "silu": (kernels.SILU, 0.0),
    "leaky_relu": (kernels.LEAKY_RELU, 0.2),
    "softplus": (kernels.SOFTPLUS, 0.0),
}
"""The step of each of Keras's activations, and its slope. `linear` is no step."""
LOSSES: Final = {
    "sparse_categorical_crossentropy": (kernels.CROSS_ENTROPY, "accuracy"),
    "mean_squared_error": (kernels.SQUARED_ERROR, "mae"),
}
"""The losses, and the metric that is measured beside each."""
_SOFTMAX: Final = -1
"""The step of a softmax: only the last one of a model may be that, and then its loss takes what enters it."""
PLACES: Final = 4
"""The numbers of a step, and its variables."""


@final
class NoChain(Exception):
    """A model is no chain that can be trained here; the message says why."""


@final
@dataclass(slots=True)
class _Step:
    kind: int
    width: int
    numbers: tuple[float, ...] = ()
    variables: tuple[Any, ...] = ()
    """Those of the step in the order of `Net.places`; None for one that it lacks."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A model as a chain.

    `net` has its numbers; `variables` are the model's, in the order of their values, trainable ones first; `entry` is
    the tensor that enters the first step. `front` identifies what stands before it: the same for equal computations.
    `metric` is measured beside the loss. `rectified` are the steps that are ReLU layers.
    """

    model: keras.Model
    net: Net
    variables: tuple[Any, ...]
    entry: Any
    front: str
    metric: str
    rectified: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of all values."""
        return sum(int(np.prod(v.shape)) for v in self.variables)

    def split(self, values: np.ndarray) -> tuple[np.ndarray, ...]:
        """Copies of the variables' values, in the order of `keras.Model.get_weights()`."""
        found, start = {}, 0
        for variable in self.variables:
            end = start + int(np.prod(variable.shape))
            found[id(variable)] = values[start:end].astype(np.float32).reshape(variable.shape)
            start = end
        return tuple(found[id(v)] for v in self.model.weights)


def chain(model: keras.Model, output: Output) -> Chain:
    """A built model as a chain; NoChain if it is none."""
    if output.loss not in LOSSES:
        raise NoChain(f"the loss {output.loss}")
    loss, metric = LOSSES[output.loss]
    if set(output.metrics) - {metric}:
        raise NoChain(f"the metrics {', '.join(output.metrics)}")
    layers, entry, before = _layers(model)
    steps = [step for layer in layers for step in _steps(layer)]
    if loss == kernels.CROSS_ENTROPY and steps and steps[-1].kind == _SOFTMAX:
        steps.pop()  # the loss is computed from what enters a softmax
    if not steps or any(step.kind == _SOFTMAX for step in steps) or steps[-1].kind != kernels.DENSE:
        raise NoChain("its last layer is no dense layer that fits the loss")
    if (loss == kernels.CROSS_ENTROPY) != (steps[-1].width > 1):
        raise NoChain(f"{steps[-1].width} outputs")
    variables = _variables(model, steps)
    net = _net(steps, int(entry.shape[-1]), variables, len(model.trainable_variables), loss)
    rectified = tuple(i for i, step in enumerate(steps) if step.kind == kernels.RELU)
    return Chain(model, net, variables, entry, repr(before), metric, rectified)


def _layers(model: keras.Model) -> tuple[list[Any], Any, list[Any]]:
    """The layers at the model's end that follow each other, the tensor that enters them, and what comes before."""
    graph = getattr(model, "_functional", model)  # where a Sequential has its graph
    if not isinstance(graph, keras.src.models.functional.Functional):
        raise NoChain("it is no graph of layers")
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise NoChain("it has several inputs or outputs")
    made = {
        id(tensor): node
        for nodes in graph._nodes_by_depth.values()  # noqa: SLF001
        for node in nodes
        for tensor in node.output_tensors
    }
    found: list[Any] = []
    entry = graph.outputs[0]
    while type(made[id(entry)].operation) in _READERS and len(made[id(entry)].input_tensors) == 1:
        node = made[id(entry)]
        found.insert(0, node.operation)
        entry = node.input_tensors[0]
    if len({id(layer) for layer in found}) < len(found):
        raise NoChain("a layer stands in it twice")
    if len(entry.shape) != 2:
        raise NoChain("its rows are no plain numbers")
    return found, entry, _before(entry, made)


def _before(entry: Any, made: Mapping[int, Any]) -> list[Any]:
    """Each operation that leads to a tensor: its kind, its settings without names, and where its inputs come from."""
    order: dict[int, int] = {}
    found: list[Any] = []

    def visit(tensor: Any) -> int:
        if id(tensor) not in order:
            node = made[id(tensor)]
            of = node.operation
            kind = type(of)
            varies = "Dropout" in kind.__name__ or "Noise" in kind.__name__ or not kind.__module__.startswith("keras.")
            if getattr(of, "variables", None) or varies:
                raise NoChain(f"{kind.__name__} stands before the first layer that is trained here")
            sources = [visit(given) for given in node.input_tensors]
            config = {key: value for key, value in of.get_config().items() if key not in ("name", "dtype")}
            arguments = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
            constants = [_identified(value) for value in arguments if not keras.backend.is_keras_tensor(value)]
            found.append((kind.__name__, config, constants, sources))
            order[id(tensor)] = len(found)
        return order[id(tensor)]

    with without_tensorflow():
        visit(entry)
    return found


def _identified(value: Any) -> Any:
    """What identifies a constant: an array by its content."""
    if not hasattr(value, "__array__"):
        return value
    array = np.asarray(value)
    return array.shape, array.dtype.str, hashlib.sha256(array.tobytes()).hexdigest()


def _steps(layer: Any) -> list[_Step]:
    """The steps of a layer."""
    if not layer.trainable or getattr(layer, "activity_regularizer", None) is not None:
        raise NoChain(f"{layer.name} is not trained, or penalizes its outputs")
    if layer.compute_dtype != "float32" or layer.variable_dtype != "float32":
        raise NoChain(f"{layer.name} computes in {layer.compute_dtype}")
    return _READERS[type(layer)](layer)


def _dense(layer: Any) -> list[_Step]:
    if layer.kernel_constraint or layer.bias_constraint or layer.lora_enabled or layer.quantization_mode:
        raise NoChain(f"{layer.name} has a constraint")
    numbers = (*_factors(layer.kernel_regularizer), *_factors(layer.bias_regularizer))
    made = _Step(kernels.DENSE, layer.units, numbers, (layer.kernel, layer.bias if layer.use_bias else None))
    return [made, *_activation(layer.activation, layer.units)]


def _factors(regularizer: Any) -> tuple[float, float]:
    """The factors of L1 and L2."""
    kinds = keras.regularizers
    if regularizer is None:
        return 0.0, 0.0
    if type(regularizer) not in (kinds.L1, kinds.L2, kinds.L1L2):
        raise NoChain(f"the regularizer {type(regularizer).__name__}")
    return float(getattr(regularizer, "l1", 0.0)), float(getattr(regularizer, "l2", 0.0))


def _activation(function: Any, width: int) -> list[_Step]:
    name = getattr(function, "__name__", "")
    if getattr(keras.activations, name, None) is not function:
        raise NoChain(f"the activation {name or function}")
    if name == "linear":
        return []
    if name == "softmax":
        return [_Step(_SOFTMAX, width)]
    if name not in ACTIVATIONS:
        raise NoChain(f"the activation {name}")
    kind, slope = ACTIVATIONS[name]
    return [_Step(kind, width, (slope,))]


def _dropout(layer: Any) -> list[_Step]:
    if layer.noise_shape is not None:
        raise NoChain(f"{layer.name} has a shape of its own for its noise")
    return [_Step(kernels.DROPOUT, layer.output.shape[-1], (float(layer.rate),))] if layer.rate else []


def _relu(layer: Any) -> list[_Step]:
    if layer.max_value is not None or layer.threshold:
        raise NoChain(f"{layer.name} has limits")
    width = layer.output.shape[-1]
    if layer.negative_slope:
        return [_Step(kernels.LEAKY_RELU, width, (float(layer.negative_slope),))]
    return [_Step(kernels.RELU, width)]


def _leaky(layer: Any) -> list[_Step]:
    return [_Step(kernels.LEAKY_RELU, layer.output.shape[-1], (float(layer.negative_slope),))]


def _elu(layer: Any) -> list[_Step]:
    return [_Step(kernels.ELU, layer.output.shape[-1], (float(layer.alpha),))]


def _applied(layer: Any) -> list[_Step]:
    return _activation(layer.activation, layer.output.shape[-1])


def _batch_normalization(layer: Any) -> list[_Step]:
    if layer.renorm or layer.synchronized:
        raise NoChain(f"{layer.name} is synchronized or renormalized")
    moving = (layer.moving_mean, layer.moving_variance)
    numbers = (float(layer.epsilon), float(layer.momentum))
    return [_Step(kernels.BATCH_NORMALIZATION, layer.output.shape[-1], numbers, (*_affine(layer), *moving))]


def _layer_normalization(layer: Any) -> list[_Step]:
    return [
        _Step(kernels.LAYER_NORMALIZATION, layer.output.shape[-1], (float(layer.epsilon),), _affine(layer)),
    ]


def _affine(layer: Any) -> tuple[Any, Any]:
    """Gamma and beta of a normalization over the last axis."""
    parts = ("beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint")
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    if list(axes) not in ([-1], [1]) or any(getattr(layer, part, None) is not None for part in parts):
        raise NoChain(f"{layer.name} has another axis, a regularizer or a constraint")
    return layer.gamma if layer.scale else None, layer.beta if layer.center else None


_READERS: Final = {
    keras.layers.Dense: _dense,
    keras.layers.Dropout: _dropout,
    keras.layers.Activation: _applied,
    keras.layers.ReLU: _relu,
    keras.layers.LeakyReLU: _leaky,
    keras.layers.ELU: _elu,
    keras.layers.BatchNormalization: _batch_normalization,
    keras.layers.LayerNormalization: _layer_normalization,
}


def _variables(model: keras.Model, steps: list[_Step]) -> tuple[Any, ...]:
    """All variables, trainable ones first, each in the order of the steps."""
    own = [v for step in steps for v in step.variables if v is not None]
    if {id(v) for v in own} != {id(v) for v in model.weights}:
        raise NoChain("it has further variables")
    return (*(v for v in own if v.trainable), *(v for v in own if not v.trainable))


def _net(steps: list[_Step], width: int, variables: tuple[Any, ...], trainable: int, loss: int) -> Net:
    sizes = [int(np.prod(v.shape)) for v in variables]
    begins = dict(zip(map(id, variables), np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    widths = np.array([width, *(step.width for step in steps)], np.int64)
    places = np.full((len(steps), PLACES), -1, np.int64)
    numbers = np.zeros((len(steps), PLACES))
    for i, step in enumerate(steps):
        numbers[i, : len(step.numbers)] = step.numbers
        for j, variable in enumerate(step.variables):
            places[i, j] = -1 if variable is None else begins[id(variable)]
    first = next(i for i, step in enumerate(steps) if step.variables)
    spans = np.cumsum([0, *sizes[:trainable]]).astype(np.int64)
    starts = np.cumsum([0, *widths[:-1]]).astype(np.int64)
    kinds = np.array([step.kind for step in steps], np.int64)
    return Net(kinds, widths, starts, places, numbers, spans, first, loss)
