"""Everything that a HyperModel asks for is found, also what it asks for at some values only."""

from typing import Any

import keras
import keras_tuner
import pytest

from pipeline.models.python.exploration import Asked, build, explore
from pipeline.values.blueprint import without_weights
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int


def small(*layers: Any) -> Any:
    return keras.Sequential([keras.layers.Input((4,)), *layers, keras.layers.Dense(2, "softmax")])


class Every(keras_tuner.HyperModel):  # type: ignore[misc]
    """Asks for each kind of hyperparameter once."""

    def declare_hyperparameters(self, hp: Any) -> None:
        hp.Int("declared", 1, 5)

    def build(self, hp: Any) -> Any:
        hp.Int("whole", 8, 64, step=8, default=16)
        hp.Int("whole log", 1, 100, sampling="log")
        hp.Int("factors", 2, 32, step=2, sampling="log")
        hp.Float("real", 0, 1, default=0.5)
        hp.Float("stepped", 0.0, 0.3, step=0.1)
        hp.Float("rate", 1e-4, 1e-1, sampling="log")
        hp.Choice("text", ["a", "b"], default="b")
        hp.Choice("number", [1e-2, 1e-3])
        hp.Boolean("flag", default=True)
        hp.Fixed("fixed", 7)
        with hp.name_scope("inner"):
            hp.Int("declared", 3, 4)
        assert hp.Int("declared", 100, 200) <= 5, "the declared range is kept"
        return small()


def test_every_kind_is_found_with_its_range_and_its_default() -> None:
    explored = explore(Every, "name")
    assert not explored.compiled
    assert explored.asked == {
        "declared": Asked(Int(1, 5), 1),
        "whole": Asked(Int(8, 64, step=8), 16),
        "whole log": Asked(Int(1, 100, log=True), 1),
        "factors": Asked(Choice((2, 4, 8, 16, 32)), 2),
        "real": Asked(Float(0.0, 1.0), 0.5),
        "stepped": Asked(Float(0.0, 0.3, step=0.1), 0.0),
        "rate": Asked(Float(1e-4, 1e-1, log=True), 1e-4),
        "text": Asked(Choice(("a", "b")), "b"),
        "number": Asked(Choice((1e-2, 1e-3)), 1e-2),
        "flag": Asked(Choice((False, True)), True),
        "fixed": Asked(7, 7),
        "inner/declared": Asked(Int(3, 4), 3),
    }


def nested(hp: Any) -> Any:
    layers = []
    for i in range(hp.Int("layers", 1, 3)):
        layers.append(keras.layers.Dense(hp.Int(f"units_{i}", 8, 64)))
        if hp.Boolean(f"dropout_{i}"):
            layers.append(keras.layers.Dropout(hp.Float(f"rate_{i}", 0.1, 0.5)))
    if hp.Int("middle", 1, 9) == 5:
        hp.Choice("only at 5", [1, 2])
    kind = hp.Choice("kind", ["plain", "wide"])
    with hp.conditional_scope("kind", ["wide"]):
        if kind == "wide":
            layers.append(keras.layers.Dense(hp.Int("wide_units", 100, 200)))
            if hp.Boolean("wider"):
                hp.Int("wider_units", 200, 300)
    return small(*layers)


def test_what_is_asked_for_at_some_values_only_is_found() -> None:
    found = explore(nested, "name").asked
    layered = {f"{name}_{i}" for i in range(3) for name in ("units", "dropout", "rate")}
    rest = {"layers", "middle", "only at 5", "kind", "wide_units", "wider", "wider_units"}
    assert set(found) == layered | rest


def test_a_build_that_fails_at_a_later_point_is_a_trial_that_fails() -> None:
    def fails(hp: Any) -> Any:
        if hp.Choice("kind", ["good", "bad"]) == "bad":
            hp.Int("before", 1, 2)
            raise ValueError
        return small()

    assert set(explore(fails, "name").asked) == {"kind", "before"}


def test_a_model_is_built_of_its_values_and_only_those_asked_for_are_read() -> None:
    values = {"layers": 2, "units_0": 9, "units_1": 10, "units_2": 11, "dropout_0": True, "rate_0": 0.25, "other": 1}
    built = build(nested, "name", values)
    assert [layer.units for layer in built.layers if hasattr(layer, "units")] == [9, 10, 2]
    assert [layer.rate for layer in built.layers if hasattr(layer, "rate")] == [0.25]


def test_a_compiled_model_can_be_made_without_values() -> None:
    def compiled() -> Any:
        made = small(keras.layers.Dense(3))
        made.compile(keras.optimizers.Adam(0.25), "mse", metrics=["mae", keras.metrics.AUC()])
        return made

    model = without_weights(compiled)
    assert model.variables[0]._value is None
    assert float(model.optimizer.learning_rate) == 0.25
    assert float(keras.optimizers.SGD(0.5).learning_rate) == 0.5


class Fits(keras_tuner.HyperModel):  # type: ignore[misc]
    def build(self, hp: Any) -> Any:
        return small()

    def fit(self, hp: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        return model.fit(*args, batch_size=hp.Choice("batch", [16, 32]), **kwargs)


class Needs(keras_tuner.HyperModel):  # type: ignore[misc]
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def build(self, hp: Any) -> Any:
        return small(keras.layers.Dense(hp.Int("units", self.classes, 10)))


def test_an_instance_is_what_its_class_is() -> None:
    assert set(explore(Needs(3), "name").asked) == {"units"}


def twice(hp: Any) -> Any:
    kind = hp.Choice("kind", ["a", "b"])
    with hp.conditional_scope("kind", ["a"]):
        hp.Int("units", 1, 2)
    with hp.conditional_scope("kind", ["b"]):
        hp.Int("units", 3, 4)
    return small(keras.layers.Dense(1, name=kind))


def reverse(hp: Any) -> Any:
    hp.Float("share", 0.1, 1, sampling="reverse_log")
    return small()


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        (Fits, "name: `Fits` defines its own fit(), which would not be called. Move its settings to [training]"),
        (Needs, "name: `Needs` needs the argument `classes`. Give it a default, or name an instance of it"),
        (Fits(), "name: `Fits` defines its own fit()"),
        (int, "name: `int` is not a keras_tuner.HyperModel."),
        (lambda hp: None, "name: its build returns NoneType, not a keras.Model. Return the model."),
        (twice, "name: `units` has several ranges, under different conditions."),
        (reverse, "name: `share` is sampled by reverse_log, which no other library knows."),
    ],
)
def test_what_cannot_be_searched_is_one_sentence(attribute: Any, message: str) -> None:
    with pytest.raises(UserError) as error:
        explore(attribute, "name")
    assert message in str(error.value)
