"""A Keras model whose variables have no values, for which no memory is asked and nothing is drawn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def blank(make: "Callable[[], keras.Model]") -> "keras.Model":
    """What `make` makes, its variables without values; whatever it raises comes through."""
    import keras
    from keras.src.backend.common import global_state

    try:
        with keras.StatelessScope(initialize_variables=False), _optimizers_outside():
            return make()
    finally:
        # the next StatelessScope that ends would give all these variables their values, and they would never be freed
        global_state.set_global_attribute("uninitialized_variables", [])


@contextmanager
def _optimizers_outside() -> Iterator[None]:
    """While it lasts, optimizers are made outside of the scope: a model that is made compiled brings one.

    An optimizer's counter and rate are variables that have values from the start, which a StatelessScope refuses.
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
