"""What differs between Keras's backends, and the one file that speaks for the process's own."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    import numpy as np

Tensor: TypeAlias = Any
Tree: TypeAlias = Any


class Backend(Protocol):
    """A file of this folder that is named like the backend; it alone imports it."""

    def gradient(
        self, function: Callable[..., tuple[Tensor, Tree]], variables: Sequence[Tensor], *rest: Tree
    ) -> tuple[Tree, list[Tensor]]:
        """What `function(variables, *rest)` gives beside its value, and the value's gradients by `variables`."""

    def compiled(self, function: Callable[..., Tree], arguments: Sequence[Tree], *, xla: bool) -> Callable[..., Tree]:
        """`function` made ready for arguments of these shapes; the first one's memory may be used anew."""

    def stateless(self, kind: type) -> type:
        """An optimizer's class, or one derived from it, whose `stateless_apply` works."""

    def drawn(self, initializer: Callable[..., Any], shape: tuple[int, ...], dtype: str) -> "np.ndarray":
        """What Keras's initializer draws, to the bit."""

    def readable(self, kind: type) -> None:
        """Teach the backend to read objects of a class by their attribute `tensor`."""


def own() -> Backend:
    """The backend of this process; ImportError where the engine has no file for it."""
    import keras

    return cast("Backend", import_module(f"{__package__}.{keras.backend.backend()}"))
