"""The operations that differ between Keras's backends, and the choice of the file that implements them."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol, TypeAlias, cast

Tensor: TypeAlias = Any
Tree: TypeAlias = Any


class Backend(Protocol):
    """A file of this folder, named after a backend; only this file imports that backend."""

    def gradient(
        self, function: Callable[..., tuple[Tensor, Tree]], variables: Sequence[Tensor], *rest: Tree
    ) -> tuple[Tree, list[Tensor]]:
        """The second result of `function(variables, *rest)`, and the gradients of the first by `variables`."""

    def compiled(self, function: Callable[..., Tree], arguments: Sequence[Tree], *, xla: bool) -> Callable[..., Tree]:
        """`function` compiled for arguments of these shapes; the first argument's memory may be reused."""

    def stateless(self, kind: type) -> type:
        """An optimizer's class or a subclass of it, with a working `stateless_apply`."""

    def readable(self, kind: type) -> None:
        """Make the backend read objects of a class through their attribute `tensor`."""


def own() -> Backend:
    """The backend of this process; ImportError if the engine has no file for it."""
    import keras

    return cast("Backend", import_module(f"{__package__}.{keras.backend.backend()}"))
