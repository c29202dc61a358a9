"""What the models of a search have in common, and how to inspect a model without its weights and TensorFlow."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.values.space import Params, Space

if TYPE_CHECKING:
    import keras

BYTES: Final = 4
"""The bytes of one number: models are trained in float32."""
COPIES: Final = 7
"""How many arrays of the weights' size a training holds at most.

They are the weights, the best weights so far, the gradients, up to three optimizer variables, and one more while a step
runs.
"""
PASSES: Final = 3
"""How many arrays of a layer's output a training holds: one forward, one backward, and a copy in between."""

SERIALIZER: Final = "keras.src.saving.serialization_lib"
"""The module of Keras that describes a model's layers. It calls TensorFlow `tf`."""


@final
@dataclass(frozen=True, slots=True)
class Output:
    """A model's last layer and what it is trained for, in Keras's names.

    `from_logits`: the loss takes logits, the inputs of the softmax. Classifiers are trained in this way. From
    probabilities, Keras finds the logits again on TensorFlow, but on JAX it clips them. High learning rates then train
    badly (measured on JAX: best val_loss 1.7 to 10 instead of 0.6, on the Titanic at a rate of 0.09).
    """

    units: int
    activation: str
    loss: str
    metrics: tuple[str, ...]
    from_logits: bool = False

    @property
    def trained(self) -> "Output":
        """The same output during training."""
        if self.activation != "softmax" or not self.loss.endswith("categorical_crossentropy"):
            return self
        return replace(self, activation="linear", from_logits=True)


@final
@dataclass(frozen=True, slots=True)
class Blueprint:
    """The models of a search: `model` and `optimizer` make new ones from all settings of a trial. Picklable.

    `fixed` holds the settings that are not searched. `defaults` holds the values for searched settings that are not
    part of a trial. `input` is the shape of one row. `answering` makes the model that predicts; it has the same weights
    as that of `model`, but its last layer gives probabilities if that of `model` gives logits.
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
        """The settings that a trial was given: the fixed ones and its own, or a listed trial's, which are complete."""
        return {**self.fixed, **params} if params.keys() <= self.space.dimensions.keys() else params

    def settings(self, params: Params) -> Params:
        """All settings of a trial's model, including defaults for those that are not part of the trial."""
        return {**self.defaults, **self.given(params)}


def summary(model: "keras.Model") -> str:
    """What `model.summary()` prints, as a text."""
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
    """An upper estimate of the memory, in bytes, for training a model with batches of `batch` rows.

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
        # or the next StatelessScope would give all these variables values when it ends, and they would never be freed
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


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """Inside this context, Keras does not import TensorFlow to describe a model's layers.

    For each layer, Keras asks whether it is one of TensorFlow's types (`tf.available and isinstance(…)`). The first
    part of this question imports TensorFlow on every backend: 2 s of processor time and 460 MB, more than all else
    that the saving needs. In a process without TensorFlow, no object can be of its types, so here the answer is no. In
    a process that has imported TensorFlow, nothing changes.
    """
    # Keras has no public way to say this. If a later Keras has no `tf` here, saving still works, but is slow again
    names = vars(sys.modules[SERIALIZER]) if SERIALIZER in sys.modules else {}
    if "tensorflow" in sys.modules or "tf" not in names:
        yield
        return
    given = names["tf"]
    names["tf"] = SimpleNamespace(available=False)
    try:
        yield
    finally:
        names["tf"] = given
