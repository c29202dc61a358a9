"""A user's own model: defined in a Python file beside the experiment file, searched like any family."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli_w

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.config.json_schema import schema
from pipeline.config.read import resolve
from pipeline.config.write import resolved
from pipeline.engines.vectorized.engine import VectorizedEngine
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.tuning.identity import fingerprint
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int
from pipeline.values.trial import Trial
from tests.engines.conftest import assert_same, engine, fitted, trained

Write = Callable[..., Path]

NETS = """
import keras
from beside import ACTIVATION


def small(settings, input, output):
    layers = [keras.layers.Input(input), keras.layers.Dense(settings["units"], ACTIVATION)]
    if settings["bottleneck"]:
        layers.append(keras.layers.Dense(2))
    layers.append(keras.layers.Dropout(settings["rate"]))
    layers.append(keras.layers.Dense(output.units, output.activation))
    return keras.Sequential(layers)


def broken(settings, input, output):
    return keras.Sequential([keras.layers.Dense(settings["unitss"])])


def nothing(settings, input, output): ...


def unshaped(settings, input, output):
    return keras.Sequential([keras.layers.Dense(output.units)])


def three(settings, input, output):
    return keras.Sequential([keras.layers.Input(input), keras.layers.Dense(3)])


def one_argument(settings): ...


number = 3
"""
MODEL: dict[str, Any] = {
    "family": "python:nets.small",
    "units": {"low": 8, "high": 24, "step": 8},
    "rate": {"low": 0.0, "high": 0.5},
    "bottleneck": [False, True],
    "note": "a text of mine",
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an experiment on the Titanic with the given `[model]`; `nets.py` and its import lie beside the file."""
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "beside.py").write_text('ACTIVATION = "relu"\n')

    def make(model: dict[str, Any], **sections: Any) -> Path:
        file = tmp_path / "own.toml"
        file.write_text(tomli_w.dumps({"data": {"source": "titanic"}, "model": model, **sections}))
        return file

    return make


def test_its_keys_are_values_ranges_and_choices(write: Write) -> None:
    experiment = resolve(str(write(MODEL, baseline={"units": 16})))
    assert experiment.space.dimensions == {
        "units": Int(8, 24, step=8),
        "rate": Float(0.0, 0.5),
        "bottleneck": Choice((False, True)),
    }
    assert experiment.fixed["note"] == "a text of mine"
    given = {name: experiment.baseline[name] for name in ("units", "rate", "bottleneck", "note")}
    assert given == {"units": 16, "rate": 0.25, "bottleneck": False, "note": "a text of mine"}


def test_it_can_be_overridden_and_its_resolved_file_reads_back_the_same(write: Write) -> None:
    file = write(MODEL)
    experiment = resolve(str(file), {"model.units": [8, 16], "search.trials": 3})
    assert experiment.space.dimensions["units"] == Choice((8, 16))
    file.write_text(resolved(experiment))
    assert resolved(resolve(str(file))) == resolved(experiment)
    jsonschema.validate({"data": {"source": "titanic"}, "model": MODEL}, schema())


def test_another_text_of_the_module_is_another_search(write: Write, tmp_path: Path) -> None:
    experiment = resolve(str(write(MODEL)))
    before = fingerprint(experiment, "digest")
    assert fingerprint(resolve(str(write(MODEL))), "digest") == before
    (tmp_path / "nets.py").write_text(NETS.replace("Dense(2)", "Dense(3)"))
    assert fingerprint(experiment, "digest") != before


@pytest.mark.no_cover
@pytest.mark.slow
def test_the_engine_trains_it_in_lanes_as_fit_does(write: Write) -> None:
    experiment = resolve(str(write(MODEL)))
    prepared = preprocess(load(experiment), experiment)
    blueprint = pickle.loads(pickle.dumps(build(experiment, prepared)))
    fixed = {**blueprint.fixed, "rate": 0.0, "bottleneck": True, "learning_rate": 0.01}
    trials = [Trial(i, {**fixed, "units": units}, seed=11, epochs=20) for i, units in ((1, 16), (2, 24))]
    own = engine(blueprint, prepared)
    assert isinstance(own, VectorizedEngine)
    curves = trained(own, trials, epochs=3)
    for one in trials:
        assert_same(curves[one.number][0], fitted(blueprint, prepared, one, epochs=3)[0])


def test_a_module_that_can_be_imported_will_do(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "elsewhere" / "mine"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "shapes.py").write_text(NETS.replace("from beside import ACTIVATION", 'ACTIVATION = "tanh"'))
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    experiment = resolve(str(write({**MODEL, "family": "python:mine.shapes.small"})))
    checked(experiment)


FILE_WRONG = [
    (
        "python:small",
        {},
        "model.family: `python:small` does not name a function in a module. Write `python:module.function`",
    ),
    ("python:nets.", {}, "model.family: `python:nets.` does not name a function in a module."),
    ("python:nots.small", {}, "model.family: `python:nots.small`: there is no module `nots`: no file "),
    ("python:nots.small", {}, "Did you mean `nets`?"),
    ("python:nets.smal", {}, "nets.py has no function `smal`. Did you mean `small`?"),
    ("python:torn.small", {}, "torn.py, line 1 is not valid Python: "),
    ("python:nets.small", {"units": [8, "x"]}, "model.units: is [8, 'x'], which is not a value, a range or choices"),
    ("python:nets.small", {"units": []}, "model.units: is [], which is not a value"),
    ("python:nets.small", {"units": {"low": 8}}, "model.units: is a range without `high`."),
    ("python:nets.small", {"units": {"low": 9, "high": 8}}, "model.units: low 9 is above high 8: swap them."),
    ("python:nets.small", {"epochs": 3}, "model.epochs: is a key of [training]. Give the model's setting another"),
    ("python:nets.small", {"copy": 3}, "model.copy: cannot be a setting's name."),
]


@pytest.mark.parametrize(("family", "settings", "message"), FILE_WRONG)
def test_what_is_wrong_is_said_before_anything_is_read(
    family: str, settings: dict[str, Any], message: str, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "torn.py").write_text("def small(:\n")
    with pytest.raises(UserError) as error:
        resolve(str(write({**MODEL, "family": family, **settings})))
    assert message in str(error.value)
    assert "own.toml, model." in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("broken", "`python:nets.broken` fails (line 16 of "),
        ("broken", "KeyError: 'unitss'. It is called as function(settings, input, output)"),
        ("one_argument", "TypeError: one_argument() takes 1 positional argument but 3 were given."),
        ("number", "TypeError: 'int' object is not callable."),
        ("nothing", "`python:nets.nothing` returns NoneType, not a keras.Model. Return the model."),
        ("unshaped", "has no shapes before its first call. Begin with `keras.layers.Input(input)`."),
        ("three", "has output shape (None, 3), not (None, 2). End with `keras.layers.Dense(output.units, "),
    ],
)
def test_a_function_that_makes_no_model_is_named_before_any_run(function: str, message: str, write: Write) -> None:
    experiment = resolve(str(write({**MODEL, "family": f"python:nets.{function}"})))
    with pytest.raises(UserError) as error:
        checked(experiment)
    assert message in str(error.value)
    assert "own.toml, model.family: " in str(error.value)


def checked(experiment: Experiment) -> None:
    build(experiment, preprocess(load(experiment), experiment))


def test_a_searched_scale_and_a_models_own_of_that_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text("def net(settings, input, output): ...\n")
    text = 'data = { source = "titanic" }\npreprocess = { scale = ["standard", "robust"] }\n'
    (tmp_path / "mine.toml").write_text(text + 'model = { family = "python:nets.net", scale = [1, 2] }\n')
    with pytest.raises(UserError, match="the model has a setting of that name too"):
        resolve(str(tmp_path / "mine.toml"))
