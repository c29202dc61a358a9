"""The model and optimizer that a lane traces, at the top of its width class; puts a trial's values in."""

from collections.abc import Mapping, Sequence
from typing import final

import keras
import numpy as np

from pipeline.engines._outline import Outline, initial
from pipeline.engines._probes import probe
from pipeline.engines.vectorized.backends import Backend
from pipeline.engines.vectorized.dropout import hash_dropouts
from pipeline.engines.vectorized.initial_state import InitialState, Recipe
from pipeline.engines.vectorized.program import Slots
from pipeline.engines.vectorized.step import Step, measures
from pipeline.engines.vectorized.traced_numbers import numbers
from pipeline.values.blueprint import Output
from pipeline.values.diagnosis import diagnosis
from pipeline.values.trial import Fitted


@final
class Template:
    """What the trials of a lane have in common; its variables have no values."""

    def __init__(self, outline: Outline, recipe: Recipe, output: Output, backend: Backend, *, padded: bool) -> None:
        self.model = outline.model
        self.names = ("loss", *output.metrics)
        self._variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        optimizer = _built(recipe, self.model.trainable_variables, backend)
        self.handles = [*numbers(outline.layers), *recipe.handles(optimizer)]
        hash_dropouts(self.model)
        self._optimizer = [initial(v) for v in optimizer.variables]
        self._rate = next(i for i, v in enumerate(optimizer.variables) if v is optimizer.learning_rate)
        loss, metrics = measures(output)
        watched = probe(self.model)
        self.step = Step(self.model, watched, optimizer, self.handles, loss, metrics, padded, backend)

    def empty(self, slots: int) -> Slots:
        """Slots without trials."""
        weights = [np.zeros((slots, *v.shape), v.dtype) for v in self._variables]
        count = len(self.model.trainable_variables)
        optimizer = [np.repeat(value[None], slots, 0) for value in self._optimizer]
        return {"state": (weights[:count], weights[count:], optimizer), "best": [w.copy() for w in weights]}

    def write(self, slots: Slots, slot: int, initial_state: InitialState) -> None:
        """Write a trial's initial state into a slot, padded with zeros to the template's sizes."""
        trainable, other, optimizer = slots["state"]
        for into, value in zip([*trainable, *other], initial_state.values, strict=True):
            into[slot] = 0
            into[(slot, *map(slice, value.shape))] = value
        for into, value in zip(optimizer, self._optimizer, strict=True):
            into[slot] = value
        optimizer[self._rate][slot] = initial_state.learning_rate

    def fitted(
        self,
        values: Sequence[np.ndarray],
        initial_state: InitialState,
        seconds: Mapping[str, float],
        insides: Sequence[float] | None = None,
    ) -> Fitted:
        """A trial's weights at their true sizes, in Keras's order; `insides` are the measurements of their epoch."""
        own = zip(self._variables, values, initial_state.values, strict=True)
        cut = {id(v): np.array(value[tuple(map(slice, first.shape))]) for v, value, first in own}
        weights = tuple(cut[id(v)] for v in self.model.weights)
        about = diagnosis(insides[0], insides[1], initial_state.units, insides[2:]) if insides is not None else {}
        return Fitted(weights, seconds, sum(w.size for w in weights), diagnosis=about)


def _built(recipe: Recipe, variables: list[keras.Variable], backend: Backend) -> keras.optimizers.Optimizer:
    kind, config = backend.stateless(type(recipe.optimizer)), recipe.optimizer.get_config()
    optimizer = kind.from_config(config)  # type: ignore[attr-defined]
    try:
        with keras.StatelessScope(initialize_variables=False):
            optimizer.build(variables)
    except ValueError:  # Nadam makes a variable with a value, which the scope refuses
        optimizer = kind.from_config(config)  # type: ignore[attr-defined]
        optimizer.build(variables)
    return optimizer
