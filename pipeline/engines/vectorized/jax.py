"""JAX: gradients, compilation, and stateless optimizers."""

from collections.abc import Callable, Sequence

import jax

from pipeline.engines.vectorized.backends import Tensor, Tree


def gradient(
    function: Callable[..., tuple[Tensor, Tree]], variables: Sequence[Tensor], *rest: Tree
) -> tuple[Tree, list[Tensor]]:
    """The second result of `function(variables, *rest)`, and the gradients of the first by `variables`."""
    (_, beside), gradients = jax.value_and_grad(function, has_aux=True)(list(variables), *rest)
    return beside, gradients


def compiled(function: Callable[..., Tree], arguments: Sequence[Tree], *, xla: bool) -> Callable[..., Tree]:  # noqa: ARG001
    """`function` compiled for arguments of these shapes; the first argument's memory is reused."""
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), tuple(arguments))  # type: ignore[no-untyped-call]
    ready: Callable[..., Tree] = jax.jit(function, donate_argnums=(0,)).lower(*shapes).compile()
    return ready


def stateless(kind: type) -> type:
    """The class itself: on JAX its `stateless_apply` works."""
    return kind


def readable(kind: type) -> None:
    """Make JAX read objects of a class through their `tensor`."""
    kind.__jax_array__ = lambda self: self.tensor  # type: ignore[attr-defined]
