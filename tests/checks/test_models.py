"""The corners of a space, and the memory that they need."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.build import build
from pipeline.checks import Level
from pipeline.checks.models import corners, outlined, size, try_out
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared
from pipeline.values.space import Choice, Condition, Float, Int, Params, Space
from tests.conftest import Make

pytestmark = pytest.mark.slow


def test_corners_are_the_lowest_the_highest_and_those_beside_it() -> None:
    space = Space(
        {"width": Int(8, 64), "rate": Float(0.1, 0.2), "kind": Choice(("a", "b", "c")), "size": Choice((4, 2))}
    )
    found = corners(space)
    assert found[0] == {"width": 8, "rate": 0.1, "kind": "a", "size": 2}
    assert found[1] == {"width": 64, "rate": 0.2, "kind": "c", "size": 4}
    assert {**found[1], "kind": "b"} in found
    assert len(found) == 7
    assert len(corners(Space({f"d{i}": Int(0, 1) for i in range(40)}))) == 16
    assert corners(Space({})) == [{}]


def test_corners_have_what_applies_and_go_where_a_setting_does() -> None:
    sgd = (Condition("optimizer", ("sgd",)),)
    space = Space({"optimizer": Choice(("adam", "sgd", "lion")), "momentum": Float(0.0, 0.9, when=sgd)})
    found = corners(space)
    assert found[:2] == [{"optimizer": "adam"}, {"optimizer": "lion"}]
    assert sorted(point["momentum"] for point in found[2:]) == [0.0, 0.9]
    assert all(map(space.holds, found))


def test_an_outline_counts_what_a_model_has_and_asks_for_no_memory(blueprint: Blueprint) -> None:
    params = {"width": 16, "depth": 2, "dropout": 0.1, "learning_rate": 0.01}
    model = blueprint.model(blueprint.settings(params))
    corner = outlined(blueprint, params)
    assert corner.parameters == model.count_params()
    numbers = 16 + 16 + 16 + 16 + 2
    seeds = 2 * 2  # of two dropout layers
    assert corner.bytes == 4 * (7 * (corner.parameters + seeds) + 3 * 32 * numbers)
    assert outlined(blueprint, {**params, "width": 10**9}).bytes > 10**19


def test_the_titanics_corners_can_be_trained(blueprint: Blueprint, prepared: Prepared) -> None:
    found, parameters = try_out(blueprint, prepared, None)
    assert [(finding.level, finding.subject) for finding in found] == [(Level.NOTE, "models")]
    assert parameters == outlined(blueprint, corners(blueprint.space)[1]).parameters


def test_corners_that_are_proven_are_not_built(
    blueprint: Blueprint, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(keras.Model, "train_on_batch", lambda *_: 1 / 0)
    found, _ = try_out(blueprint, prepared, None, lambda _: True)
    assert [finding.level for finding in found] == [Level.NOTE]
    assert [finding.level for finding in try_out(blueprint, prepared, None)[0]] == [Level.ERROR] * 2


def test_a_corner_without_memory_is_a_warning_and_all_of_them_an_error(titanic: Make, prepared: Prepared) -> None:
    wide = build(titanic({"model.width": {"low": 8, "high": 10**6}}), prepared)
    found, _ = try_out(wide, prepared, 10**9)
    assert [finding.level for finding in found] == [Level.WARNING]
    assert found[0].subject.startswith("model with width 1000000, depth 4")
    assert "trials like it will fail" in found[0].sentence
    found, _ = try_out(wide, prepared, 10)
    assert {finding.level for finding in found} == {Level.ERROR}


def test_models_that_cannot_be_built_are_an_error_with_their_reason(blueprint: Blueprint, prepared: Prepared) -> None:
    def broken(settings: object) -> object:
        raise ValueError("no such layer")

    found, _ = try_out(replace(blueprint, model=broken), prepared, None)
    assert {finding.level for finding in found} == {Level.ERROR}
    assert "ValueError: no such layer" in found[0].sentence


def test_sizes_are_read_by_people() -> None:
    assert [size(count) for count in (10, 45_600, 1.09e6, 2e9, 3e13)] == ["1 kB", "46 kB", "1.09 MB", "2 GB", "30 TB"]


def test_a_layer_of_ones_own_is_a_warning(blueprint: Blueprint, prepared: Prepared) -> None:
    import keras

    class Mine(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    def model(settings: Params) -> Any:
        return keras.Sequential([keras.layers.Input(blueprint.input), Mine(), keras.layers.Dense(2)])

    found, _ = try_out(replace(blueprint, model=model), prepared, None)
    warnings = [finding.sentence for finding in found if finding.level is Level.WARNING]
    assert warnings == ["Mine: not part of Keras, so `make predict` and MLflow cannot load the champion."]
