"""A Keras model whose variables have no values, for which no memory is asked and nothing is drawn."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def blank(make: "Callable[[], keras.Model]") -> "keras.Model":
    """What `make` makes, its variables without values; whatever it raises comes through."""
    import keras
    from keras.src.backend.common import global_state

    try:
        with keras.StatelessScope(initialize_variables=False):
            return make()
    finally:
        # the next StatelessScope that ends would give all these variables their values, and they would never be freed
        global_state.set_global_attribute("uninitialized_variables", [])
