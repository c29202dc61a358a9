"""Finds the lane that fits a trial's model and optimizer, or makes a new one."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, final

from pipeline.engines._outline import Outline, outline
from pipeline.engines.vectorized import backends
from pipeline.engines.vectorized.initial_state import Recipe, initial_state
from pipeline.engines.vectorized.lane import Lane
from pipeline.engines.vectorized.padding import padding_is_harmless
from pipeline.engines.vectorized.plan import plan
from pipeline.engines.vectorized.structure import Structure, Structures, alike, kind_of
from pipeline.engines.vectorized.template import Template
from pipeline.engines.vectorized.traced_numbers import Number
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.space import Params
from pipeline.values.trial import Fitted, Trial

Key: TypeAlias = tuple[Any, ...]
Kind: TypeAlias = tuple[Any, ...]
log = logging.getLogger("pipeline")


@final
class LaneRefused(Exception):
    """A kind of trial cannot be trained in lanes; the message says why."""


@final
class Lanes:
    """All lanes of a search, oldest first; a thread compiles them, one after another."""

    def __init__(self, blueprint: Blueprint, prepared: Prepared) -> None:
        self._blueprint = blueprint
        self._prepared = prepared
        self._backend = backends.own()
        self._backend.readable(Number)
        self._structures = Structures(blueprint)
        self._bears: dict[Kind, bool] = {}
        self._shared: dict[Structure, Structure] = {}
        self._executor = ThreadPoolExecutor(1, "compile")
        self._lanes: dict[Key, Lane] = {}
        self._refused: dict[Key, LaneRefused] = {}
        self._firsts: dict[Structure, Outline] = {}

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    def take(self, trial: Trial, settings: Params, weights: Fitted | None) -> Lane:
        """The lane in which a trial is now queued; MemoryError if it is too large, or whatever its model raises."""
        model = outline(self._blueprint, settings, trial.seed)
        recipe = Recipe.of(self._blueprint, settings)
        if recipe.optimizer.use_ema:
            raise ValueError("use_ema replaces the last weights with averaged ones when fit ends")
        structure = self._structure(settings, model, recipe)
        without_effect = self._structures.without_effect(structure)
        if without_effect and not self._fits(settings, model, structure):
            self._structures.distrust(without_effect)
            structure = self._structure(settings, model, recipe)
        structure = self._with_more_inputs(settings, structure, model, recipe)
        batch = int(settings["batch_size"])
        key = (structure, recipe.key, batch)
        if key in self._refused:
            raise self._refused[key]
        ready = initial_state(trial, model, recipe, weights)
        if key not in self._lanes:
            self._lanes[key] = self._made(settings, structure, recipe, batch)
        self._lanes[key].add(ready)
        return self._lanes[key]

    def refuse(self, lane: Lane, reason: str) -> None:
        """Remove a lane and never make one of its kind again."""
        key = next(key for key, known in self._lanes.items() if known is lane)
        del self._lanes[key]
        self._refused[key] = LaneRefused(reason)

    def _made(self, settings: Params, structure: Structure, recipe: Recipe, batch: int) -> Lane:
        model = outline(self._blueprint, self._structures.whole(settings, structure))
        how = plan(model, batch)
        padded = self._structures.is_padded(structure)
        template = Template(model, recipe, self._blueprint.output, self._backend, padded=padded)
        return Lane(template, how, batch, self._prepared, self._executor)

    def _fits(self, settings: Params, model: Outline, structure: Structure) -> bool:
        """Whether a trial's model is like the first model of its structure."""
        if structure not in self._firsts:
            self._firsts[structure] = outline(self._blueprint, self._structures.whole(settings, structure))
        return alike(model, self._firsts[structure], padded=self._structures.is_padded(structure))

    def _structure(self, settings: Params, model: Outline, recipe: Recipe) -> Structure:
        """A trial's structure: padded if padding does not change such a model's predictions, else with exact widths."""
        structure = self._structures.of(settings, model.read)
        if not self._structures.is_padded(structure):
            return structure
        kind = (recipe.by_element, kind_of(model))
        if kind not in self._bears:
            self._bears[kind] = recipe.by_element and self._bears_padding(settings, structure)
            if not self._bears[kind]:
                log.info(
                    "padding changes the predictions of models with %s: each width is compiled separately",
                    dict(structure),
                )
        if self._bears[kind]:
            return structure
        self._structures.never_pad(structure)
        return self._structures.of(settings, model.read)

    def _with_more_inputs(self, settings: Params, structure: Structure, model: Outline, recipe: Recipe) -> Structure:
        """The structure of larger models in whose lane a trial is trained, padded; its own if there is none.

        Encoded numbers, for example, are further inputs: for a model without them, their weights are padding.
        """
        if not self._may_be_padded(structure, model, recipe):
            return structure
        if structure not in self._shared:
            self._shared[structure] = structure
            for other, large in self._structures.larger(settings, structure):
                kind = (kind_of(model), kind_of(large))
                more = self._structure(other, large, recipe)
                if kind not in self._bears:
                    self._bears[kind] = self._bears_padding(settings, more)
                if self._bears[kind] and self._may_be_padded(more, large, recipe):
                    self._shared[structure] = more
                    break
        return self._shared[structure]

    def _may_be_padded(self, structure: Structure, model: Outline, recipe: Recipe) -> bool:
        """Whether `_structure` found that padding does not change the predictions of such a model."""
        kind = (recipe.by_element, kind_of(model))
        return self._structures.is_padded(structure) and self._bears.get(kind, False)

    def _bears_padding(self, settings: Params, structure: Structure) -> bool:
        wide = outline(self._blueprint, self._structures.whole(settings, structure))
        narrow = outline(self._blueprint, self._structures.narrow(settings))
        return padding_is_harmless(wide, narrow, self._prepared.train.x, self._backend)
