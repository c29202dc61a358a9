"""The search space: named dimensions, and the points of the space that they span."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

Scalar: TypeAlias = bool | int | float | str
Params: TypeAlias = Mapping[str, Scalar]


@final
@dataclass(frozen=True, slots=True)
class Condition:
    """The condition that another dimension of the space, `parent`, has one of these `values`."""

    parent: str
    values: tuple[Scalar, ...]


@final
@dataclass(frozen=True, slots=True)
class Float:
    """A real number in [low, high]; on a logarithmic axis, in steps, or (for grids) at `points` values."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    points: int | None = None
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.step, self.points, log=self.log)
        if self.step is not None:
            high = _tidy(self.low + self.step * _whole_steps(self.low, self.high, self.step))
            object.__setattr__(self, "high", max(high, self.low))

    def at(self, u: float) -> float:
        """The value at position `u` in [0, 1] on the axis."""
        if self.step is not None:
            places = _whole_steps(self.low, self.high, self.step) + 1
            return self._step(min(int(u * places), places - 1))
        if self.log:
            return min(max(self.low * math.pow(self.high / self.low, u), self.low), self.high)
        return min(max(self.low + (self.high - self.low) * u, self.low), self.high)

    def grid(self) -> tuple[float, ...]:
        """The values a grid search tries; ValueError without `step` or `points`."""
        if self.step is not None:
            places = _whole_steps(self.low, self.high, self.step) + 1
            return tuple(self._step(i) for i in range(places))
        if self.points is None:
            raise ValueError("a grid needs `step`, `points` or `choices` here")
        if self.points == 1:
            return (self.low,)
        laid = (self._within(_tidy(self.at(i / (self.points - 1)))) for i in range(self.points))
        return tuple(dict.fromkeys(laid))

    def holds(self, value: Scalar) -> bool:
        """Whether `value` lies within the range."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    def nearest(self, value: Scalar) -> float:
        """The value of the range nearest to `value`; this undoes a library's rounding errors."""
        if self.step is None:
            return self._within(float(value))
        places = _whole_steps(self.low, self.high, self.step)
        return self._step(min(max(round((float(value) - self.low) / self.step), 0), places))

    def _step(self, i: int) -> float:
        return self._within(_tidy(self.low + self.step * i)) if self.step else self.low

    def _within(self, value: float) -> float:
        return min(max(value, self.low), self.high)


@final
@dataclass(frozen=True, slots=True)
class Int:
    """A whole number in [low, high], both included; in steps or on a logarithmic axis."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    points: int | None = None
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, None if self.step == 1 else self.step, self.points, log=self.log)
        object.__setattr__(self, "high", self.low + (self.high - self.low) // self.step * self.step)

    def at(self, u: float) -> int:
        """The value at position `u` in [0, 1] on the axis; unless `log`, every value has an equal share of it."""
        if self.log:
            low, high = self.low - 0.5, self.high + 0.5
            return min(max(round(low * math.pow(high / low, u)), self.low), self.high)
        places = (self.high - self.low) // self.step + 1
        return self.low + self.step * min(int(u * places), places - 1)

    def grid(self) -> tuple[int, ...]:
        """The values a grid search tries: every step, or `points` steps spread evenly along the axis."""
        if self.points is None:
            return tuple(range(self.low, self.high + 1, self.step))
        laid = Float(self.low, self.high, log=self.log, points=self.points).grid()
        return tuple(dict.fromkeys(self.low + round((v - self.low) / self.step) * self.step for v in laid))

    def holds(self, value: Scalar) -> bool:
        """Whether `value` is one of the range's steps."""
        return isinstance(value, int) and self.low <= value <= self.high and (value - self.low) % self.step == 0

    def nearest(self, value: Scalar) -> int:
        """The step of the range nearest to `value`."""
        steps = round((float(value) - self.low) / self.step)
        return self.low + self.step * min(max(steps, 0), (self.high - self.low) // self.step)


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options, which have no order."""

    options: tuple[Scalar, ...]
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("choices are empty: name at least one")
        if len(set(map(repr, self.options))) < len(self.options):
            raise ValueError(f"choices {list(self.options)} contain a value twice: remove one")

    def at(self, u: float) -> Scalar:
        """The option at position `u` in [0, 1]."""
        return self.options[min(int(u * len(self.options)), len(self.options) - 1)]

    def grid(self) -> tuple[Scalar, ...]:
        """All options."""
        return self.options

    def holds(self, value: Scalar) -> bool:
        """Whether `value` is one of the options."""
        return value in self.options

    def nearest(self, value: Scalar) -> Scalar:
        """`value` itself, since options have no order."""
        return value


Dimension: TypeAlias = Float | Int | Choice


@final
@dataclass(frozen=True, slots=True)
class Space:
    """The dimensions of a search by name; their order is the order of the unit cube's axes.

    A dimension with `when` is part of a point only if all its conditions hold, and those of its parents. Parents are
    `Int` or `Choice` dimensions of the same space. No dimension depends on itself, not even through others.
    """

    dimensions: Mapping[str, Dimension]

    @property
    def parents(self) -> frozenset[str]:
        """The dimensions that others depend on."""
        return frozenset(condition.parent for d in self.dimensions.values() for condition in d.when)

    @property
    def ordered(self) -> list[str]:
        """The names in their order, except that each comes after its parents."""
        found: dict[str, None] = {}
        for name in self.dimensions:
            found |= dict.fromkeys([*self.conditions(name), name])
        return list(found)

    def conditions(self, name: str) -> dict[str, tuple[Scalar, ...]]:
        """For each ancestor of a dimension, outermost first, the values with which the dimension can apply."""
        found: dict[str, tuple[Scalar, ...]] = {}
        for condition in self.dimensions[name].when:
            above = self.conditions(condition.parent)
            for parent, values in (*above.items(), (condition.parent, condition.values)):
                found[parent] = tuple(value for value in found.get(parent, values) if value in values)
        return found

    def active(self, params: Params) -> list[str]:
        """The names of the dimensions that are part of the point, given the values of their parents."""
        return [
            name
            for name in self.dimensions
            if all(parent in params and params[parent] in values for parent, values in self.conditions(name).items())
        ]

    def at(self, unit: Sequence[float]) -> dict[str, Scalar]:
        """The point at `unit`, one position in [0, 1] per dimension; dimensions that do not apply are left out."""
        point = {name: d.at(float(u)) for (name, d), u in zip(self.dimensions.items(), unit, strict=True)}
        return {name: point[name] for name in self.active(point)}

    def grid(self) -> Iterator[dict[str, Scalar]]:
        """Every point of the grid once; the last dimension varies fastest."""
        axes = {name: dimension.grid() for name, dimension in self.dimensions.items()}
        for values in itertools.product(*axes.values()):
            point = dict(zip(axes, values, strict=True))
            active = self.active(point)
            # of the points that differ only in dimensions that do not apply, keep the first
            if all(name in active or point[name] == axis[0] for name, axis in axes.items()):
                yield {name: point[name] for name in active}

    def nearest(self, params: Params) -> dict[str, Scalar]:
        """The point of the space nearest to `params`, which may also name dimensions that do not apply."""
        near = {name: d.nearest(params[name]) for name, d in self.dimensions.items() if name in params}
        return {name: near[name] for name in self.active(near)}

    def holds(self, params: Params) -> bool:
        """Whether `params` names exactly the dimensions that apply, each within its range."""
        return params.keys() == set(self.active(params)) and all(
            self.dimensions[name].holds(value) for name, value in params.items()
        )


def _check_range(low: float, high: float, step: float | None, points: int | None, *, log: bool) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"low {low} and high {high} must be finite numbers")
    if low > high:
        raise ValueError(f"low {low} is above high {high}: swap them")
    if log and low <= 0:
        raise ValueError(f"low {low} cannot lie on a logarithmic axis: use a low above 0, or `log = false`")
    if log and step is not None:
        raise ValueError("`step` and `log` exclude each other: remove one (`points` gives a grid on a log axis)")
    if step is not None and step <= 0:
        raise ValueError(f"step {step} must be above 0")
    if points is not None and points < 1:
        raise ValueError(f"points {points} must be 1 or more")


def _whole_steps(low: float, high: float, step: float) -> int:
    # 0.3 / 0.1 is 2.9999999999999996: a small share of a step is added against such rounding errors
    return math.floor((high - low) / step + 1e-9)


def _tidy(value: float) -> float:
    # 0.1 + 0.2 would be shown as 0.30000000000000004
    return float(f"{value:.12g}")
