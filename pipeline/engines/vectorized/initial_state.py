"""The initial state with which a trial takes a slot: its first weights and its numbers."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import keras
import numpy as np

from pipeline.engines._outline import Outline, initial
from pipeline.engines._probes import units
from pipeline.engines.vectorized.traced_numbers import Handle, numbers
from pipeline.values.blueprint import Blueprint
from pipeline.values.space import Params
from pipeline.values.trial import Fitted, Trial

BY_ELEMENT: Final = frozenset({"SGD", "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Nadam", "Lion"})
"""Optimizers that update each element from its own gradients alone, so padding does not change the others."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class InitialState:
    """The initial state of a trial.

    `values` are the first values of the model's variables at their true sizes, trainable ones first. `units` are the
    sizes of its ReLU layers.
    """

    trial: Trial
    values: Sequence[np.ndarray]
    numbers: Sequence[float]
    learning_rate: float
    units: Sequence[int]
    seconds: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """An optimizer made from settings; `searched` are its numbers that differ between the trials of one lane."""

    optimizer: keras.optimizers.Optimizer
    searched: tuple[str, ...]

    @staticmethod
    def of(blueprint: Blueprint, settings: Params) -> "Recipe":
        """The recipe of a trial's settings; the numbers that are searched, given and above 0 become data."""
        optimizer = blueprint.optimizer(settings)
        own = vars(optimizer)
        names = sorted(name for name in blueprint.space.dimensions if name in settings)
        return Recipe(optimizer, tuple(n for n in names if isinstance(own.get(n), float) and own[n] > 0))

    @property
    def key(self) -> tuple[Any, ...]:
        """What the optimizers of one lane have in common."""
        config = self.optimizer.get_config()
        rest = {k: v for k, v in config.items() if k not in (*self.searched, "name", "learning_rate")}
        return (type(self.optimizer).__name__, self.searched, *sorted(rest.items()))

    @property
    def by_element(self) -> bool:
        return type(self.optimizer).__name__ in BY_ELEMENT

    def handles(self, optimizer: keras.optimizers.Optimizer) -> list[Handle]:
        """The handles of the searched numbers, on an optimizer of this kind."""
        return [Handle(optimizer, name) for name in self.searched]


def initial_state(trial: Trial, outline: Outline, recipe: Recipe, weights: Fitted | None) -> InitialState:
    """The initial state of a trial, from its seed or from its parent's weights."""
    began = time.perf_counter()
    variables = [*outline.model.trainable_variables, *outline.model.non_trainable_variables]
    known = dict(zip(map(id, outline.model.weights), weights.weights, strict=True)) if weights is not None else {}
    values = [known[id(v)] if id(v) in known else initial(v) for v in variables]
    handles = [*numbers(outline.layers), *recipe.handles(recipe.optimizer)]
    rate = float(recipe.optimizer.learning_rate)
    sizes = units(outline.model)
    seconds = time.perf_counter() - began
    return InitialState(trial, values, [handle.value for handle in handles], rate, sizes, seconds)
