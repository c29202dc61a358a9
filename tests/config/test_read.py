"""An experiment file is resolved as written, or one line says what is wrong with it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.config.json_schema import schema
from pipeline.config.optimizers import CLASSES, EVERY, OWN
from pipeline.config.read import resolve
from pipeline.config.write import resolved
from pipeline.tuning.identity import fingerprint
from pipeline.values.data import Task
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int
from tests.conftest import Make

FILES = sorted(Path("experiments").glob("*.toml"))


def test_the_space_and_the_fixed_settings_come_from_model_and_training(titanic: Make) -> None:
    experiment = titanic()
    assert experiment.space.dimensions == {
        "width": Int(8, 128, step=8),
        "depth": Int(1, 4),
        "dropout": Float(0.0, 0.5),
        "learning_rate": Float(1e-4, 1e-1, log=True),
    }
    assert experiment.fixed["optimizer"] == "adam"
    assert experiment.fixed["patience"] == 8


def test_a_fixed_setting_becomes_searchable_by_one_line(titanic: Make) -> None:
    space = titanic({"training.batch_size": [16, 32], "training.early_stopping.patience": {"low": 2, "high": 4}}).space
    assert space.dimensions["batch_size"] == Choice((16, 32))
    assert space.dimensions["patience"] == Int(2, 4)


def test_the_baseline_is_whole_and_takes_no_number_of_another_optimizer(titanic: Make) -> None:
    baseline = titanic({"training.beta_1": 0.5, "model.activation": "tanh"}).baseline
    assert baseline["activation"] == "tanh"
    assert baseline["optimizer"] == "sgd"
    assert baseline["epochs"] == 100
    assert "beta_1" not in baseline


WRONG = [
    ({"training.optimiser": "adam"}, "training.optimiser: unknown key. Did you mean `training.optimizer`?"),
    ({"training.learning_rat": 0.1}, "Did you mean `training.learning_rate`?"),
    ({"training.learning_rate": {"low": 1.0, "high": 0.1}}, "training.learning_rate: low 1.0 is above high 0.1: swap"),
    (
        {"training.momentum": 0.9},
        "training.momentum: adam has no such argument. Optimizers that have it: sgd, rmsprop.",
    ),
    ({"training.weight_decay": {"low": 0, "high": 1, "log": True}}, "low 0.0 cannot lie on a logarithmic axis"),
    ({"training.learning_rate": {"low": 0.1, "high": 1, "log": True, "step": 0.1}}, "`step` and `log` exclude"),
    ({"training.early_stopping.patiense": 3}, "Did you mean `training.early_stopping.patience`?"),
    ({"training.early_stopping": True}, "training.early_stopping: is True, not a table."),
    ({"training.early_stopping.monitor": "val_los"}, "Did you mean `val_loss`?"),
    ({"training.early_stopping.monitor": ["loss", "val_loss"]}, "training.early_stopping.monitor: is ['loss'"),
    ({"training.backend": ["tensorflow"]}, "training.backend: `['tensorflow']` is unknown."),
    ({"model.width": "x"}, "model.width: is 'x', not a whole number."),
    ({"model.width": {"low": 8, "hig": 9}}, "model.width: `hig` is unknown in a range. Did you mean `high`?"),
    ({"model.width": {"low": 8}}, "model.width: is a range without `high`."),
    ({"model.width": []}, "model.width: choices are empty"),
    ({"model.dropout": 1.0}, "model.dropout: 1.0 is out of bounds. Allowed: at least 0 and below 1."),
    ({"model.family": "mpl"}, "model.family: `mpl` is unknown. Did you mean `mlp`?"),
    ({"training.optimizer": ["adam", "sdg"]}, "training.optimizer: `sdg` is unknown. Did you mean `sgd`?"),
    ({"search.trials": 0}, "search.trials: is 0."),
    ({"search.library": "optona"}, "search.library: `optona` is unknown. Did you mean `optuna`?"),
    ({"search.sampler": "tpee"}, "search.sampler: optuna has no sampler `tpee`. Did you mean `tpe`?"),
    ({"search.sampler": "hyperband"}, "keras_tuner"),
    ({"search.sampler": "grid"}, "points"),
    ({"search.objective": "val_acuracy"}, "Did you mean `val_accuracy`?"),
    ({"serch.objective": "loss"}, "serch: unknown section. Did you mean `search`?"),
    ({"baseline.widht": 3}, "baseline.widht: unknown setting. Did you mean `width`?"),
    ({"baseline.width": [3]}, "baseline.width: is [3]."),
    ({"data.source": "cvs"}, "data.source: `cvs` is unknown. Did you mean `csv`?"),
    ({"data.columns": {"numerik": ["Age"]}}, "Did you mean `data.columns.numeric`?"),
    ({"data.split.test": 1.2}, "data.split.test: is 1.2."),
]


@pytest.mark.parametrize(("overrides", "message"), WRONG, ids=lambda v: str(v)[:48])
def test_what_is_wrong_is_said_in_one_line(titanic: Make, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as error:
        titanic(overrides).check_objective(Task.BINARY)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_error_in_the_file_names_the_file_and_one_on_the_command_line_says_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[data]\nsource = "titanic"\n[model]\nfamily = "mlp"\nwidht = 3\n')
    with pytest.raises(UserError, match=re.escape(f"{file}, model.widht: unknown key. Did you mean `model.width`?")):
        resolve(str(file))
    file.write_text('[data]\nsource = "titanic"\n[model]\nfamily = "mlp"\n')
    with pytest.raises(UserError, match=r"^command line, model\.width: "):
        resolve(str(file), {"model.width": 0})


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean `titanic`"):
        resolve("titnic")
    file = tmp_path / "broken.toml"
    file.write_text("[data\n")
    with pytest.raises(UserError, match=r"broken\.toml: this is not valid TOML: .*line 1"):
        resolve(str(file))


def test_a_resolved_file_says_everything_and_reads_back_the_same(titanic: Make, tmp_path: Path) -> None:
    experiment = titanic({"search.trials": 3, "training.optimizer": ["adam", "sgd"]})
    file = tmp_path / "titanic.toml"
    file.write_text(resolved(experiment))
    assert resolve(str(file)).model_copy(update={"file": experiment.file}) == experiment


def test_the_fingerprint_follows_all_but_the_limits(titanic: Make) -> None:
    own = fingerprint(titanic(), "digest")
    assert fingerprint(titanic({"search.trials": 7, "search.minutes": 1.5}), "digest") == own
    assert fingerprint(titanic({"search.seed": 8}), "digest") != own
    assert fingerprint(titanic({"baseline.width": 8}), "digest") != own
    assert fingerprint(titanic(), "other data") != own


BEFORE = """
data       = { source = "titanic" }
preprocess = { scale = ["standard", "robust"] }
model      = { family = "mlp", width = { low = 8, high = 64 } }
"""


def test_a_search_begun_before_numbers_could_be_encoded_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(BEFORE)
    begun = "272f855d"  # by the code without `numbers` and `bins`
    assert fingerprint(resolve(str(file)), "digest") == begun
    assert fingerprint(resolve(str(file), {"preprocess.numbers": "standard", "preprocess.bins": 8}), "digest") == begun
    piecewise = fingerprint(resolve(str(file), {"preprocess.numbers": "piecewise"}), "digest")
    finer = fingerprint(resolve(str(file), {"preprocess.numbers": "piecewise", "preprocess.bins": 16}), "digest")
    assert len({begun, piecewise, finer}) == 3


def test_a_search_begun_before_there_were_folds_goes_on_and_folds_are_another_search(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(BEFORE)
    begun = "272f855d"  # by the code without `search.folds`
    assert fingerprint(resolve(str(file), {"search.folds": 1}), "digest") == begun
    assert len({begun, *(fingerprint(resolve(str(file), {"search.folds": k}), "digest") for k in (2, 4))}) == 3


def test_a_search_begun_before_there_was_the_engine_dense_goes_on_with_it(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(BEFORE)
    begun = "272f855d"  # by the code whose default was `vectorized`
    found = {
        fingerprint(resolve(str(file), {"training.engine": e}), "digest"): e for e in ("dense", "vectorized", "fit")
    }
    assert found[begun] == "dense"
    assert len(found) == 3


FOLDS = [
    ({"search.folds": 0}, r"search\.folds"),
    ({"search.folds": 100}, r"search\.folds"),
    (
        {"search.folds": 4, "evaluate.confirm": 0},
        r"evaluate\.confirm: 0 leaves no model: .*Write a number above 0, or `search\.folds = 1`\.",
    ),
    (
        {"search.folds": 4, "search.library": "keras_tuner", "search.sampler": "hyperband"},
        r"search\.folds: hyperband continues trials from their weights, .*Write `search\.folds = 1`, or another",
    ),
]


@pytest.mark.parametrize(("overrides", "words"), FOLDS, ids=["none", "too many", "no champion", "no weights"])
def test_folds_that_a_search_cannot_have_are_refused(titanic: Make, overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        titanic(overrides)


def test_folds_measure_on_validation_rows_although_the_file_has_no_validation_part(titanic: Make) -> None:
    none = {"data.split.validation": 0.0, "data.task": "binary"}
    titanic({**none, "search.folds": 2}).check_objective(Task.BINARY)
    with pytest.raises(UserError, match=r"`val_loss` is not measured"):
        titanic(none)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_experiment_is_right_and_fits_the_schema(file: Path) -> None:
    resolve(str(file))
    text = file.read_text("utf-8")
    jsonschema.validate(tomllib.loads(text), schema())
    assert text.startswith("#:schema ../pipeline/config/experiment.schema.json\n")


@pytest.mark.parametrize("file", [file for file in FILES if file.stem != "titanic"], ids=str)
def test_an_originals_settings_name_every_number_of_their_optimizer(file: Path) -> None:
    baseline = resolve(str(file)).baseline
    numbers = {"learning_rate", *OWN[str(baseline["optimizer"])]}
    assert numbers <= baseline.keys()
    assert {"epochs", "batch_size"} <= baseline.keys()


def test_the_schema_refuses_what_the_file_may_not_say() -> None:
    file = tomllib.loads(FILES[0].read_text("utf-8"))
    file["training"]["optimiser"] = "adam"
    with pytest.raises(jsonschema.ValidationError, match="'optimiser' was unexpected") as error:
        jsonschema.validate(file, schema())
    assert list(error.value.absolute_path) == ["training"]


def test_the_committed_schema_is_the_one_the_code_makes() -> None:
    written = json.loads(Path("pipeline/config/experiment.schema.json").read_text("utf-8"))
    assert written == schema(), "renew it with `make schema`"


def test_the_table_of_optimizers_is_that_of_keras() -> None:
    import inspect

    import keras

    for name, own in OWN.items():
        kind = getattr(keras.optimizers, CLASSES[name])
        assert {*EVERY, *own} <= set(inspect.signature(kind.__init__).parameters), name


def test_a_searched_scale_is_a_setting_of_trials_and_of_the_baseline() -> None:
    experiment = resolve("titanic", {"preprocess.scale": ["standard", "robust"], "baseline.scale": "minmax"})
    assert experiment.space.dimensions["scale"] == Choice(("standard", "robust"))
    assert experiment.baseline["scale"] == "minmax"
    assert resolve("titanic", {"preprocess.scale": ["robust", "minmax"]}).baseline["scale"] == "standard"
    assert "scale" not in resolve("titanic").settings


def test_encoded_numbers_are_settings_of_trials_and_the_baseline_has_plain_ones() -> None:
    experiment = resolve("titanic")
    assert experiment.space.dimensions["numbers"] == Choice(("standard", "piecewise"))
    assert experiment.fixed["bins"] == 8
    assert experiment.baseline["numbers"] == "standard"
    fixed = resolve("titanic", {"preprocess.numbers": "periodic"})
    assert (fixed.fixed["numbers"], fixed.baseline["numbers"]) == ("periodic", "periodic")
    plain = resolve("titanic", {"preprocess.numbers": "standard", "preprocess.bins": [8, 16]})
    assert not {"numbers", "bins"} & {*plain.settings, *plain.baseline}


def test_searched_bins_are_part_of_the_trials_that_encode_numbers() -> None:
    numbers = ["standard", "piecewise", "periodic"]
    space = resolve("titanic", {"preprocess.numbers": numbers, "preprocess.bins": [8, 16]}).space
    assert "bins" not in space.active({"numbers": "standard", "depth": 1})
    assert all("bins" in space.active({"numbers": name, "depth": 1}) for name in numbers[1:])
    bins = {"low": 4, "high": 16, "when": {"depth": 2}}
    space = resolve("titanic", {"preprocess.numbers": numbers, "preprocess.bins": bins}).space
    assert [("bins" in space.active({"numbers": "piecewise", "depth": depth})) for depth in (1, 2)] == [False, True]
    assert "bins" not in space.active({"numbers": "standard", "depth": 2})
    space = resolve("titanic", {"preprocess.numbers": "piecewise", "preprocess.bins": [8, 16]}).space
    assert "bins" in space.active({"depth": 1})


@pytest.mark.parametrize("name", ["numbers", "bins"])
def test_a_model_cannot_have_a_setting_named_like_one_of_the_encoding(name: str, tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text("def net(settings, input, output): ...\n")
    text = 'data = { source = "titanic" }\npreprocess = { numbers = "piecewise" }\n'
    (tmp_path / "mine.toml").write_text(text + f'model = {{ family = "python:nets.net", {name} = 2 }}\n')
    with pytest.raises(UserError, match=rf"preprocess\.{name}: .*the model has a setting of that name too"):
        resolve(str(tmp_path / "mine.toml"))


def test_a_fixed_scale_is_no_setting_of_the_baseline() -> None:
    with pytest.raises(UserError, match=r"baseline\.scale"):
        resolve("titanic", {"baseline.scale": "minmax"})
