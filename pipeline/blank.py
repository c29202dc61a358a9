"""Makes a Keras model without values: no memory is allocated for its variables, and nothing is drawn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def blank(make: "Callable[[], keras.Model]") -> "keras.Model":
    """The model that `make` returns, its variables without values; raises whatever `make` raises."""
    import keras
    from keras.src.backend.common import global_state

    try:
        with keras.StatelessScope(initialize_variables=False), _optimizers_outside():
            return make()
    finally:
        # else the next StatelessScope would give all these variables values when it ends, and they would never be freed
        global_state.set_global_attribute("uninitialized_variables", [])


@contextmanager
def _optimizers_outside() -> Iterator[None]:
    """Within this context, optimizers are made outside of the scope: a model that `make` compiles has one.

    An optimizer's step counter and learning rate are variables with initial values, which a StatelessScope refuses.
    """
    from keras.src.backend.common import global_state
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    inside = BaseOptimizer.__init__

    def outside(self: Any, *args: Any, **kwargs: Any) -> None:
        scope = global_state.get_global_attribute("stateless_scope")
        global_state.set_global_attribute("stateless_scope", None)
        try:
            inside(self, *args, **kwargs)
        finally:
            global_state.set_global_attribute("stateless_scope", scope)

    BaseOptimizer.__init__ = outside
    try:
        yield
    finally:
        BaseOptimizer.__init__ = inside
