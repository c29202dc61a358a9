"""Which trials can share one program: the effect of each setting on a model, and the structure that trials share."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, TypeAlias, final

import keras

from pipeline.engines._outline import Outline, outline
from pipeline.engines.vectorized.traced_numbers import numbers
from pipeline.values.blueprint import Blueprint
from pipeline.values.space import Choice, Dimension, Float, Int, Params, Scalar

CLASSES: Final = 2
"""Widths are padded to the largest of the space or to half of it. Each class more is one more program to compile."""
ANY_NUMBER: Final = 0.5

Structure: TypeAlias = tuple[tuple[str, Scalar], ...]


@final
class Effect(Enum):
    """What changes in a model when a setting has another value."""

    NUMBERS = auto()
    """rates of dropout layers or factors of regularizers, which are data"""
    WIDTHS = auto()
    """sizes of weights, which can be padded"""
    NOTHING = auto()
    """no layer and no size, for example the learning rate of a model that is returned compiled"""
    STRUCTURE = auto()
    """anything else"""


@final
class Structures:
    """The structures of a search's models, by their settings. It compares outlines and depends on no model family."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._effects: dict[str, Effect] = {}
        self._unpadded: set[Structure] = set()
        self._wary = False

    def of(self, settings: Params, read: frozenset[str]) -> Structure:
        """The settings that were read, with one common value where the trials of a lane may differ.

        Widths are at the top of their class, numbers above 0 are `ANY_NUMBER`, settings without effect are empty.
        """
        structure = self._structure(settings, read)
        return structure if structure not in self._unpadded else self._structure(settings, read, padded=False)

    def is_padded(self, structure: Structure) -> bool:
        """Whether trials of different widths share a structure."""
        widths = (name for name, _ in structure if self._effects[name] is Effect.WIDTHS)
        return structure not in self._unpadded and any(widths)

    def narrow(self, settings: Params) -> Params:
        """The settings with the smallest widths."""
        dimensions = self._blueprint.space.dimensions
        small = {n: _numbers(dimensions[n])[0] for n, e in self._effects.items() if e is Effect.WIDTHS}
        return {**settings, **small}

    def without_effect(self, structure: Structure) -> list[str]:
        """The settings of a structure that had no effect at the two values compared; at others they may have one."""
        return [name for name, _ in structure if self._effects[name] is Effect.NOTHING]

    def distrust(self, without_effect: list[str]) -> None:
        """Make these settings part of the structure, and from now on every setting that seems to have no effect."""
        self._effects |= dict.fromkeys(without_effect, Effect.STRUCTURE)
        self._wary = True

    def whole(self, settings: Params, structure: Structure) -> Params:
        """The settings of a lane's model: the structure's, and those of a trial that have no effect."""
        without_effect = self.without_effect(structure)
        return {**settings, **{name: value for name, value in structure if name not in without_effect}}

    def larger(self, settings: Params, structure: Structure) -> Iterator[tuple[Params, Outline]]:
        """Settings with another choice whose models contain those of a structure, and the outline of such a model."""
        own = self.whole(settings, structure)
        small = outline(self._blueprint, own)
        for name, value in structure:
            dimension = self._blueprint.space.dimensions.get(name)
            texts = dimension.options if isinstance(dimension, Choice) and isinstance(value, str) else ()
            for text in texts:
                with suppress(Exception):  # a family may refuse this choice beside the other settings
                    large = outline(self._blueprint, {**own, name: text})
                    if contains(large, small):
                        yield {**settings, name: text}, large

    def never_pad(self, structure: Structure) -> None:
        """From now on, give each width a separate structure instead of this one."""
        self._unpadded.add(structure)

    def _structure(self, settings: Params, read: frozenset[str], *, padded: bool = True) -> Structure:
        return tuple((name, self._canonical(name, settings, padded=padded)) for name in sorted(read))

    def _canonical(self, name: str, settings: Params, *, padded: bool) -> Scalar:
        effect = self._effect(name, settings)
        value = settings[name]
        if effect is Effect.NUMBERS:
            return ANY_NUMBER if value else 0.0
        if effect is Effect.NOTHING:
            return ""
        if effect is Effect.WIDTHS and padded:
            return _top(self._blueprint.space.dimensions[name], value) or value
        return value

    def _effect(self, name: str, settings: Params) -> Effect:
        if name not in self._effects:
            numbers = _numbers(self._blueprint.space.dimensions.get(name))
            self._effects[name] = Effect.STRUCTURE
            if len(numbers) > 1:
                low, high = (outline(self._blueprint, {**settings, name: number}) for number in numbers[-2:])
                effect = _difference(low, high)
                self._effects[name] = Effect.STRUCTURE if effect is Effect.NOTHING and self._wary else effect
        return self._effects[name]


def _numbers(dimension: Dimension | None) -> list[int | float]:
    """Some numbers of a dimension other than 0, the smallest first; none if some of its values are not numbers."""
    match dimension:
        case Int() | Float():
            return sorted({dimension.at(u) for u in (0.0, 0.7, 1.0)} - {0})
        case Choice(options) if all(isinstance(o, int | float) and not isinstance(o, bool) for o in options):
            return sorted({o for o in options if isinstance(o, int | float)} - {0})
    return []


def _top(dimension: Dimension, value: Scalar) -> int | None:
    """The top of a width's class; None if the width is outside the space."""
    most = _numbers(dimension)[-1]
    if not isinstance(value, int) or not isinstance(most, int) or value > most:
        return None
    tops = (-(-most // 2**i) for i in range(CLASSES))
    return min(int(top) for top in tops if top >= value)


def _difference(one: Outline, other: Outline) -> Effect:
    """The kind of difference between two outlines."""
    changed = _changed(one, other)
    if changed is None:
        return Effect.STRUCTURE
    if not changed:
        return Effect.NOTHING if _shapes(one) == _shapes(other) else Effect.STRUCTURE
    numbers = _numbers_of(one)
    if all((id(a.owner), a.name) in numbers for a, _ in changed):
        return Effect.NUMBERS
    whole = all(a.is_whole and b.is_whole for a, b in changed)
    return Effect.WIDTHS if whole and _ranks(one) == _ranks(other) else Effect.STRUCTURE


def alike(one: Outline, other: Outline, *, padded: bool) -> bool:
    """Whether two outlines differ only in numbers that are data, and if `padded` in widths."""
    changed = _changed(one, other)
    if changed is None or not (_ranks(one) == _ranks(other) if padded else _shapes(one) == _shapes(other)):
        return False
    numbers = _numbers_of(one)
    return all((id(a.owner), a.name) in numbers or (padded and a.is_whole and b.is_whole) for a, b in changed)


def contains(large: Outline, small: Outline) -> bool:
    """Whether `large` has the layers of `small`, further ones without weights, and some weights with larger sizes."""
    rest = iter(large.layers)
    if not all(any(_same(layer, other) for other in rest) for layer in small.layers):
        return False
    shapes = list(zip(_shapes(large), _shapes(small), strict=False))
    if _ranks(large) != _ranks(small) or _shapes(large) == _shapes(small):
        return False
    return all(most >= own for one, other in shapes for most, own in zip(one, other, strict=True))


def _same(one: keras.layers.Layer, other: keras.layers.Layer) -> bool:
    return type(one) is type(other) and list(_traits_of(one)) == list(_traits_of(other))


def _changed(one: Outline, other: Outline) -> "list[tuple[Trait, Trait]] | None":
    """The traits in which two outlines of the same layers differ; None if their layers differ."""
    if [type(layer) for layer in one.layers] != [type(layer) for layer in other.layers]:
        return None
    return [(a, b) for a, b in zip(_traits(one), _traits(other), strict=True) if a != b]


def _numbers_of(outline: Outline) -> set[tuple[int, str]]:
    return {(id(handle.owner), handle.name) for handle in numbers(outline.layers)}


def _shapes(outline: Outline) -> list[tuple[int, ...]]:
    return [tuple(v.shape) for v in outline.model.variables]


def _ranks(outline: Outline) -> list[int]:
    return list(map(len, _shapes(outline)))


def kind_of(outline: Outline) -> frozenset[tuple[str, tuple[Any, ...]]]:
    """The kinds of layers in an outline, regardless of their number, sizes and rates."""
    return frozenset(
        (type(layer).__name__, tuple(t.value for t in _traits_of(layer) if isinstance(t.value, str | bool)))
        for layer in outline.layers
    )


@final
@dataclass(frozen=True, slots=True)
class Trait:
    """An attribute of a layer, or of a part of it, in which two layers may differ."""

    owner: Any = field(compare=False)
    name: str
    value: Any

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number, or a tuple of them."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


def _traits(outline: Outline) -> list[Trait]:
    # not `get_config`: what it calls imports TensorFlow on JAX, which takes 6 s
    return [trait for layer in outline.layers for trait in _traits_of(layer)]


def _traits_of(owner: Any) -> Iterator[Trait]:
    parts = (keras.initializers.Initializer, keras.regularizers.Regularizer, keras.constraints.Constraint)
    for name, value in vars(owner).items():
        if name.startswith("_") or name in ("name", "seed"):
            continue
        if isinstance(value, parts):
            yield Trait(owner, name, type(value).__name__)
            yield from _traits_of(value)
        elif isinstance(value, bool | int | float | str | None):
            yield Trait(owner, name, value)
        elif isinstance(value, list | tuple):
            yield Trait(owner, name, tuple(v for v in value if isinstance(v, bool | int | float | str)))
        elif callable(value):
            yield Trait(owner, name, getattr(value, "__qualname__", type(value).__name__))
