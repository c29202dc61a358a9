"""Spaces: for any range, its points lie in it and on its steps, and a grid has the values that it should."""

import itertools
import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.values.space import Choice, Condition, Dimension, Float, Int, Space

units = st.floats(0, 1)
numbers = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-8, 1e6)


@st.composite
def floats(draw: st.DrawFn) -> Float:
    log = draw(st.booleans())
    low, high = sorted((draw(positive if log else numbers), draw(positive if log else numbers)))
    points = draw(st.none() | st.integers(1, 20))
    step = None
    if not log and high > low and draw(st.booleans()):
        step = (high - low) / draw(st.integers(1, 50)) * draw(st.sampled_from((1.0, 0.9, 1.1)))
        assume(step > 1e-6 * max(abs(low), abs(high), 1))
    return Float(low, high, log=log, step=step, points=points)


@st.composite
def stepped(draw: st.DrawFn) -> Float:
    low = draw(numbers)
    width = max(abs(low), 1.0) * draw(st.floats(1e-4, 1e4))
    step = width / draw(st.integers(1, 50)) * draw(st.sampled_from((1.0, 0.9, 1.1)))
    return Float(low, low + width, step=step, points=draw(st.none() | st.integers(1, 20)))


@st.composite
def ints(draw: st.DrawFn) -> Int:
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -1000, 1000))
    return Int(
        low,
        low + draw(st.integers(0, 2000)),
        log=log,
        step=1 if log else draw(st.integers(1, 50)),
        points=draw(st.none() | st.integers(1, 20)),
    )


choices = st.lists(st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False), min_size=1, unique_by=repr)
dimensions = floats() | ints() | choices.map(lambda options: Choice(tuple(options)))


@given(dimensions, units)
def test_every_share_of_an_axis_is_a_value_that_it_holds(dimension: Dimension, unit: float) -> None:
    assert dimension.holds(dimension.at(unit))


@given(dimensions)
def test_every_point_of_a_grid_is_a_value_that_it_holds(dimension: Dimension) -> None:
    assume(not isinstance(dimension, Float) or dimension.step or dimension.points)
    grid = dimension.grid()
    assert grid
    assert all(map(dimension.holds, grid))
    assert len(set(map(repr, grid))) == len(grid), "a grid tries nothing twice"
    if not isinstance(dimension, Choice):
        assert list(grid) == sorted(grid)


@given(dimensions, units)
def test_the_nearest_of_a_value_is_itself(dimension: Dimension, unit: float) -> None:
    value = dimension.at(unit)
    assert dimension.nearest(value) == value
    assert type(dimension.nearest(value)) is type(value)


@given(floats() | ints(), numbers)
def test_the_nearest_of_anything_lies_in_the_range(dimension: Float | Int, value: float) -> None:
    assert dimension.holds(dimension.nearest(value))


@given(floats() | ints(), units, units)
def test_a_larger_share_is_no_smaller_a_value(dimension: Float | Int, one: float, other: float) -> None:
    assert dimension.at(min(one, other)) <= dimension.at(max(one, other))


@given(stepped(), units)
def test_a_stepped_value_is_one_of_the_grids(dimension: Float, unit: float) -> None:
    assert dimension.at(unit) in dimension.grid()


@given(ints(), units)
def test_a_whole_number_is_on_its_steps(dimension: Int, unit: float) -> None:
    assert (dimension.at(unit) - dimension.low) % dimension.step == 0
    assert dimension.at(0) == dimension.low
    assert dimension.at(1) == dimension.high


def test_every_step_has_the_same_share() -> None:
    shares = [(i + 0.5) / 1000 for i in range(1000)]
    assert Counter(map(Int(2, 11).at, shares)) == dict.fromkeys(range(2, 12), 100)
    assert Counter(map(Float(0, 0.3, step=0.1).at, shares)) == dict.fromkeys((0.0, 0.1, 0.2, 0.3), 250)
    assert Counter(map(Choice(("a", "b")).at, shares)) == {"a": 500, "b": 500}


def test_the_middle_of_a_logarithmic_axis_is_its_geometric_mean() -> None:
    assert Float(1e-4, 1e-2, log=True).at(0.5) == pytest.approx(1e-3)
    assert Int(1, 100, log=True).at(0.5) == pytest.approx(math.sqrt(0.5 * 100.5), abs=0.5)
    assert Float(1e-4, 1.0, log=True, points=5).grid() == (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def test_a_grid_is_as_a_person_would_write_it() -> None:
    assert Float(0.0, 0.5, step=0.1).grid() == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    assert Float(0.0, 1.0, points=5).grid() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert Float(0.0, 0.55, step=0.1).grid()[-1] == 0.5
    assert Int(8, 30, step=8).grid() == (8, 16, 24)
    assert Int(1, 100, log=True, points=3).grid() == (1, 10, 100)
    assert Choice(("relu", "elu")).grid() == ("relu", "elu")


def test_a_float_without_step_or_points_has_no_grid() -> None:
    with pytest.raises(ValueError, match="`step`, `points` or `choices`"):
        Float(0, 1).grid()


@given(st.dictionaries(st.text(min_size=1), dimensions, max_size=4), st.data())
def test_the_points_of_a_space_lie_in_it(named: dict[str, Dimension], data: st.DataObject) -> None:
    space = Space(named)
    point = space.at(data.draw(st.lists(units, min_size=len(named), max_size=len(named))))
    assert space.holds(point)
    assert space.nearest(point) == point
    assert not space.holds(point | {"": 1})
    for name in point:
        assert not space.holds({other: value for other, value in point.items() if other != name})


@given(st.dictionaries(st.text(min_size=1), ints() | st.just(Choice((True, False))), min_size=1, max_size=2))
def test_a_spaces_grid_is_the_product_of_its_axes_the_last_running_fastest(named: dict[str, Dimension]) -> None:
    axes = [dimension.grid()[:10] for dimension in named.values()]
    space = Space({name: Choice(axis) for name, axis in zip(named, axes, strict=True)})
    points = list(space.grid())
    assert [tuple(point.values()) for point in points] == list(itertools.product(*axes))
    assert all(map(space.holds, points))


@st.composite
def conditional(draw: st.DrawFn, dimensions: st.SearchStrategy[Dimension] = dimensions) -> Space:
    """A space in which some dimensions depend on others, in any order."""
    named: dict[str, Dimension] = {}
    for name in "abcde":
        dimension = draw(dimensions)
        parents = [other for other, d in named.items() if not isinstance(d, Float)]
        if parents:
            chosen = draw(st.lists(st.sampled_from(parents), max_size=2, unique=True))
            wanted = {p: tuple(named[p].at(u) for u in draw(st.lists(units, min_size=1, max_size=3))) for p in chosen}
            dimension = replace(dimension, when=tuple(Condition(p, values) for p, values in wanted.items()))
        named[name] = dimension
    return Space({name: named[name] for name in draw(st.permutations(sorted(named)))})


@given(conditional(), st.lists(units, min_size=5, max_size=5))
def test_a_point_has_a_dimension_if_and_only_if_its_parents_do_and_have_the_values(
    space: Space, unit: list[float]
) -> None:
    point = space.at(unit)
    assert space.holds(point)
    assert space.nearest(point) == point
    for name, dimension in space.dimensions.items():
        applies = all(c.parent in point and point[c.parent] in c.values for c in dimension.when)
        assert (name in point) == applies
        if applies:
            assert not space.holds({other: value for other, value in point.items() if other != name})
        else:
            more = {**point, name: dimension.at(0.5)}
            assert not space.holds(more)
            assert space.nearest(more) == point, "further names that a library adds are left out"


@given(conditional())
def test_in_their_order_parents_come_before_what_depends_on_them(space: Space) -> None:
    order = space.ordered
    assert sorted(order) == sorted(space.dimensions)
    for name, dimension in space.dimensions.items():
        assert all(order.index(c.parent) < order.index(name) for c in dimension.when)


@given(conditional(st.integers(0, 2).map(lambda most: Int(0, most))))
def test_a_grid_with_conditions_has_each_point_once(space: Space) -> None:
    points = list(space.grid())
    assert all(map(space.holds, points))
    shares = [[(i + 0.5) / 3 for i in range(3)]] * len(space.dimensions)
    wanted = {frozenset(space.at(unit).items()) for unit in itertools.product(*shares)}
    assert {frozenset(point.items()) for point in points} == wanted
    assert len(points) == len(wanted)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (Float, {"low": 2, "high": 1}, "low 2 is above high 1: swap them"),
        (Int, {"low": 2, "high": 1}, "low 2 is above high 1: swap them"),
        (Float, {"low": 0, "high": 1, "log": True}, "use a low above 0"),
        (Int, {"low": 0, "high": 8, "log": True}, "use a low above 0"),
        (Float, {"low": 1, "high": 2, "log": True, "step": 0.1}, "`step` and `log` exclude each other"),
        (Int, {"low": 1, "high": 8, "log": True, "step": 2}, "`step` and `log` exclude each other"),
        (Float, {"low": 0, "high": 1, "step": 0.0}, "step 0.0 must be above 0"),
        (Int, {"low": 0, "high": 1, "step": -1}, "step -1 must be above 0"),
        (Float, {"low": 0, "high": 1, "points": 0}, "points 0 must be 1 or more"),
        (Float, {"low": math.nan, "high": 1}, "must be finite"),
        (Float, {"low": 0, "high": math.inf}, "must be finite"),
        (Choice, {"options": ()}, "name at least one"),
        (Choice, {"options": (1, 2, 1)}, "contain a value twice"),
    ],
)
def test_what_is_no_range_is_refused_with_the_mend(kind: type[Dimension], given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**given)


def test_neither_a_text_nor_a_number_beside_the_range_is_held() -> None:
    assert not Float(0, 1).holds("0.5")
    assert not Float(0, 1).holds(1.01)
    assert not Int(0, 8, step=2).holds(3)
    assert not Int(0, 8).holds(2.0)
    assert not Choice(("a",)).holds("b")
