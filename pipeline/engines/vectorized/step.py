"""One trial's training step and validation, as `model.fit` does them, on tensors without a leading axis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple, final

import keras
from keras import ops

from pipeline.engines._probes import squared_norm
from pipeline.engines.vectorized.backends import Backend, Tensor
from pipeline.engines.vectorized.traced_numbers import Handle, substituted
from pipeline.values.blueprint import Output, loss_of

ACCURACIES: Final = {
    "sparse_categorical_crossentropy": "sparse_categorical_accuracy",
    "categorical_crossentropy": "categorical_accuracy",
    "binary_crossentropy": "binary_accuracy",
}
"""The metric that Keras takes for `accuracy`, by loss."""


class State(NamedTuple):
    """What a step changes, in the order of the model's and the optimizer's variables."""

    trainable: list[Tensor]
    other: list[Tensor]
    optimizer: list[Tensor]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """The step of every trial of one structure; `handles` are the numbers that differ between trials."""

    model: keras.Model
    probe: keras.Model
    optimizer: keras.optimizers.Optimizer
    handles: Sequence[Handle]
    loss: Callable[[Tensor, Tensor], Tensor]
    metrics: Sequence[Callable[[Tensor, Tensor], Tensor]]
    padded: bool
    backend: Backend

    def train(
        self, state: State, numbers: Tensor, sizes: Sequence[Tensor], batch: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[State, Tensor]:
        """The state after a batch of (x, y, weights), and the batch's sums of loss and metrics over its rows.

        The last of the sums is the squared norm of all gradients. `sizes` are the true sizes of the padded trainable
        variables.
        """
        with substituted(self.handles, numbers):
            (other, sums), gradients = self.backend.gradient(self._objective, state.trainable, state.other, batch)
            if self.padded:
                gradients = [g * _inside(g.shape, size) for g, size in zip(gradients, sizes, strict=True)]
            trainable, optimizer = self.optimizer.stateless_apply(state.optimizer, gradients, state.trainable)
        sums = ops.concatenate([sums, ops.reshape(squared_norm(gradients), (1,))])
        return State(list(trainable), other, list(optimizer)), sums

    def validate(
        self, state: State, numbers: Tensor, batch: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """The sums of loss and metrics over the rows of a batch, with the model in inference mode.

        The second result is the highest value of each unit of each ReLU layer, (units,).
        """
        x, y, weights = batch
        with substituted(self.handles, numbers):
            outputs, _, losses = self.probe.stateless_call(
                state.trainable, state.other, x, training=False, return_losses=True
            )
            predicted, *inside = keras.tree.flatten(outputs)
            highest = [ops.max(values, axis=tuple(range(len(values.shape) - 1))) for values in inside]
            return self._sums(y, predicted, weights, losses), highest

    def _objective(
        self, trainable: list[Tensor], other: list[Tensor], batch: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, tuple[list[Tensor], Tensor]]:
        x, y, weights = batch
        predicted, other, losses = self.model.stateless_call(trainable, other, x, training=True, return_losses=True)
        sums = self._sums(y, predicted, weights, losses)
        return sums[0] / ops.sum(weights), (list(other), sums)

    def _sums(self, y: Tensor, predicted: Tensor, weights: Tensor, losses: Sequence[Tensor]) -> Tensor:
        # each row counts the losses of regularizers once, because `fit` weights each batch by its number of rows
        rows = [self._by_row(of(y, predicted)) for of in (self.loss, *self.metrics)]
        sums = [ops.sum(row * weights) for row in rows]
        sums[0] = sums[0] + sum(losses) * ops.sum(weights)
        return ops.stack(sums)

    @staticmethod
    def _by_row(values: Tensor) -> Tensor:
        values = ops.cast(values, "float32")
        return ops.mean(values, axis=tuple(range(1, len(values.shape)))) if len(values.shape) > 1 else values


def measures(output: Output) -> tuple[Callable[..., Any], list[Callable[..., Any]]]:
    """The functions by row of an output's loss and metrics; ValueError if a metric is not a mean over rows."""
    functions: list[Callable[..., Any]] = []
    for name in output.metrics:
        metric = keras.metrics.get(ACCURACIES.get(output.loss, name) if name == "accuracy" else name)
        if not isinstance(metric, keras.metrics.MeanMetricWrapper):
            raise ValueError(f"the metric {name} is not a mean over rows")  # noqa: TRY004
        functions.append(partial(metric._fn, **metric._fn_kwargs))  # noqa: SLF001
    return loss_of(output).call, functions


def _inside(shape: Sequence[int], size: Tensor) -> Tensor:
    """1 where an element of a padded variable lies within its true size, else 0."""
    mask = ops.ones((1,) * len(shape), "float32")
    for axis, length in enumerate(shape):
        line = ops.cast(ops.arange(length, dtype="int32") < size[axis], "float32")
        mask = mask * ops.reshape(line, tuple(length if a == axis else 1 for a in range(len(shape))))
    return mask
