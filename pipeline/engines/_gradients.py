"""Measures the gradients of `model.fit` when the optimizer receives them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

from pipeline.engines._probes import squared_norm

if TYPE_CHECKING:
    import keras


@final
class Gradients:
    """Adds up the squared norm of all gradients over the `steps` of an epoch, in a variable of the optimizer.

    `model.fit` gives callbacks no access to gradients. The variable is part of the optimizer's state, so it passes
    through the compiled step on both backends. The training stays identical, bit for bit.
    """

    def __init__(self, model: "keras.Model", optimizer: "keras.optimizers.Optimizer", steps: int) -> None:
        optimizer.build(model.trainable_variables)
        self._sum = optimizer.add_variable((), "zeros", name="gradient_squares")
        self._steps = steps
        self._optimizer = optimizer
        self._apply = optimizer.apply
        optimizer.apply = self._watched

    @property
    def mean(self) -> float:
        """The mean squared norm over the steps of the last epoch."""
        return float(self._sum) / self._steps

    def _watched(self, grads: Sequence[Any], trainable_variables: Any = None) -> Any:
        from keras import ops

        begins = ops.equal(self._optimizer.iterations % self._steps, 0)
        before = ops.where(begins, 0.0, ops.convert_to_tensor(self._sum))
        self._sum.assign(before + squared_norm(g for g in grads if g is not None))
        return self._apply(grads, trainable_variables)
