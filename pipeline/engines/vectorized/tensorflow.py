"""TensorFlow: gradients, compilation, and stateless optimizers."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import tensorflow as tf
from tensorflow.python.ops.parallel_for import pfor

from pipeline.engines.vectorized.backends import Tensor, Tree

if "Bitcast" not in pfor._pfor_converter_registry:  # noqa: SLF001
    # Keras's argmax casts bits to tell -0 from 0; without this a mapped accuracy becomes a loop over slots
    @pfor.RegisterPFor("Bitcast")  # type: ignore[untyped-decorator]
    def _bitcast(mapped: Any) -> Any:
        return pfor.wrap(tf.bitcast(mapped.stacked_input(0), mapped.get_attr("type")), True)


def gradient(
    function: Callable[..., tuple[Tensor, Tree]], variables: Sequence[Tensor], *rest: Tree
) -> tuple[Tree, list[Tensor]]:
    """The second result of `function(variables, *rest)`, and the gradients of the first by `variables`."""
    with tf.GradientTape() as tape:
        for variable in variables:
            tape.watch(variable)
        value, beside = function(list(variables), *rest)
    return beside, tape.gradient(value, list(variables), unconnected_gradients=tf.UnconnectedGradients.ZERO)


def compiled(function: Callable[..., Tree], arguments: Sequence[Tree], *, xla: bool) -> Callable[..., Tree]:
    """`function` traced and compiled for arguments of these shapes."""
    graph = tf.function(function, jit_compile=xla, autograph=False)
    given = tf.nest.map_structure(tf.convert_to_tensor, list(arguments))
    if xla:
        graph(*given)  # XLA compiles at the first call
    else:
        graph.get_concrete_function(*given)

    def call(*arguments: Tree) -> Tree:
        return graph(*tf.nest.map_structure(tf.convert_to_tensor, arguments))

    return call


@cache
def stateless(kind: type) -> type:
    """A subclass of an optimizer's class, with a working `stateless_apply`."""
    # Keras's TFOptimizer disables `stateless_apply` because of tf.distribute. In the method resolution order `Plain`
    # comes after the optimizer's class and before TFOptimizer. It restores the methods of BaseOptimizer.
    named = {ancestor.__name__: ancestor for ancestor in kind.__mro__}
    base, distributed = named["BaseOptimizer"], named["TFOptimizer"]
    own = [name for name in vars(distributed) if name in vars(base) and not name.startswith("__")]
    plain = type("Plain", (distributed,), {name: vars(base)[name] for name in own})
    return type(kind.__name__, (kind, plain), {})


def readable(kind: type) -> None:
    """Make TensorFlow read objects of a class through their `tensor`."""

    def tensor(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:  # noqa: ARG001, FBT001, FBT002
        return value.tensor if dtype is None else tf.cast(value.tensor, dtype)

    tf.register_tensor_conversion_function(kind, tensor)
