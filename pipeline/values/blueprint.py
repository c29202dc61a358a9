"""What the models of a search have in common, and models without weights, by which they are looked at."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.values.space import Params, Space

if TYPE_CHECKING:
    import keras

BYTES: Final = 4
"""Of one number: models are trained in float32."""
COPIES: Final = 7
"""Weights, the best of them, gradients, up to three optimizer variables, and one more while a step runs."""
PASSES: Final = 3
"""The output of a layer is kept on the way forward and on the way back, and copied once in between."""


@final
@dataclass(frozen=True, slots=True)
class Output:
    """A model's last layer and what it is trained for, in Keras's names.

    `from_logits`: the loss takes what the softmax would be given. Classes are trained so: out of probabilities Keras
    finds the logits again on TensorFlow, but clips them on JAX, where bold learning rates then train badly (measured:
    best val_loss 1.7 to 10 instead of 0.6, on the Titanic at a rate of 0.09).
    """

    units: int
    activation: str
    loss: str
    metrics: tuple[str, ...]
    from_logits: bool = False

    @property
    def trained(self) -> "Output":
        """The same output while it is trained."""
        if self.activation != "softmax" or not self.loss.endswith("categorical_crossentropy"):
            return self
        return replace(self, activation="linear", from_logits=True)


@final
@dataclass(frozen=True, slots=True)
class Blueprint:
    """The models of a search: `model` and `optimizer` make new ones out of whole settings. Picklable.

    `fixed` holds the settings that are not searched, `defaults` what a model is made with where a searched setting is
    no part of its trial; `input` is the shape of one row. `answering` makes the model of settings as it answers, with
    the same weights: its last layer gives probabilities where `model` gives logits.
    """

    space: Space
    fixed: Params
    model: "Callable[[Params], keras.Model]"
    answering: "Callable[[Params], keras.Model]"
    optimizer: "Callable[[Params], keras.optimizers.Optimizer]"
    input: tuple[int, ...]
    output: Output
    defaults: Params = field(default_factory=dict)

    def given(self, params: Params) -> Params:
        """The settings that a trial was given: the fixed ones and its own; a listed trial's params are all of them."""
        return {**self.fixed, **params} if params.keys() <= self.space.dimensions.keys() else params

    def settings(self, params: Params) -> Params:
        """All settings of a trial, those included that are no part of it but of its model."""
        return {**self.defaults, **self.given(params)}


def summary(model: "keras.Model") -> str:
    """What `model.summary()` says, as a text."""
    lines: list[str] = []
    model.summary(line_length=80, print_fn=lambda line, **_: lines.append(line))
    return "\n".join(lines)


def loss_of(output: Output) -> "keras.losses.Loss":
    """The loss for `model.compile`; its `call` takes targets (rows,) and outputs (rows, units) to one value per row."""
    import keras

    config = {"from_logits": True} if output.from_logits else {}
    name = output.loss.title().replace("_", "")
    made: keras.losses.Loss = keras.losses.get({"class_name": name, "config": config})
    return made


def training_bytes(model: "keras.Model", batch: int) -> int:
    """An estimate of the bytes of memory that training a model takes with batches of `batch` rows; an upper one.

    It counts the variables and the outputs of the layers. An axis of open length counts as one.
    """
    import keras

    weights = sum(math.prod(variable.shape) for variable in model.variables)
    outputs = keras.tree.flatten([getattr(layer, "output", ()) for layer in model.layers])
    active = sum(math.prod(axis or 1 for axis in tensor.shape) for tensor in outputs)
    return int(BYTES * (COPIES * weights + PASSES * batch * active))


def without_weights(make: "Callable[[], keras.Model]") -> "keras.Model":
    """The model that `make` returns, its variables without values; raises whatever `make` raises.

    No memory is allocated for the variables, and no values are drawn.
    """
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
