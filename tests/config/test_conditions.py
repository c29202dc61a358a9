"""What `when` may contain in an experiment file, and one-line errors for everything else."""

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.config.json_schema import schema
from pipeline.config.read import resolve
from pipeline.config.write import resolved
from pipeline.tuning.identity import fingerprint
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Condition, Float
from tests.conftest import Make

TWO = {"training.optimizer": ["adam", "sgd"]}
SGD = {"optimizer": "sgd"}


def momentum(when: Any) -> dict[str, Any]:
    return {**TWO, "training.momentum": {"low": 0.0, "high": 0.9, "when": when}}


def test_a_range_and_choices_may_depend_on_one_value_or_several(titanic: Make) -> None:
    nesterov = {"choices": [True, False], "when": {"optimizer": ["sgd"], "depth": [1, 2]}}
    space = titanic({**momentum(SGD), "training.nesterov": nesterov}).space
    assert space.dimensions["momentum"] == Float(0.0, 0.9, when=(Condition("optimizer", ("sgd",)),))
    assert space.dimensions["nesterov"] == Choice(
        (True, False), (Condition("optimizer", ("sgd",)), Condition("depth", (1, 2)))
    )


def test_where_it_does_not_apply_a_setting_is_its_default_or_not_given_at_all(titanic: Make) -> None:
    dropout = {"low": 0.1, "high": 0.5, "when": {"depth": [2, 3]}}
    experiment = titanic({**momentum(SGD), "model.dropout": dropout})
    assert experiment.defaults == {"dropout": 0.0}
    assert "momentum" not in experiment.fixed


def test_epochs_reach_as_far_as_their_range_or_their_default(titanic: Make) -> None:
    epochs = {"low": 5, "high": 20}
    assert titanic({"training.epochs": epochs}).epochs == 20
    assert titanic({**TWO, "training.epochs": {**epochs, "when": SGD}}).epochs == 100


WRONG = [
    ({"optimzer": "sgd"}, "its `when` names optimzer, which is unknown. Did you mean `optimizer`?"),
    (
        {"batch_size": 32},
        "its `when` names batch_size, which has one value, 32: it is not searched. Give batch_size ch",
    ),
    ({"rho": 0.9}, "its `when` names rho, which is not given: it is not searched."),
    ({"family": "mlp"}, "its `when` names family, which cannot be searched. Allowed: width, depth, "),
    ({"momentum": 0.5}, "its `when` names itself. Allowed: width, depth, "),
    ({"optimizer": "sdg"}, "its `when` requires optimizer sdg, which no trial has. Did you mean `sgd`?"),
    ({"optimizer": ["sgd", "rmsprop"]}, "its `when` requires optimizer rmsprop, which no trial has."),
    ({"depth": 5, **SGD}, "its `when` requires depth 5, which no trial has. Allowed: 1 to 4."),
    ({"width": 12, **SGD}, "its `when` requires width 12, which no trial has. Allowed: 8 to 128 in steps of 8."),
    ({"depth": True, **SGD}, "its `when` requires depth True, which no trial has."),
    ({"optimizer": []}, "when.optimizer is an empty list, so it would never apply. Name at least one value."),
    ({"optimizer": [["sgd"]]}, "when.optimizer is ['sgd']. Write a value of optimizer, or a list of values."),
    ({"dropout": 0.5, **SGD}, "its `when` names dropout, a range of numbers that no trial hits exactly."),
    ({}, 'when is {}. Write the value of another setting: `when = { optimizer = "sgd" }`.'),
    ("sgd", "when is 'sgd'. Write the value of another setting"),
    ({"depth": 2}, "is searched, but adam has no such argument. Add to its range or choices: `when = { optimizer = "),
]


@pytest.mark.parametrize(("when", "message"), WRONG, ids=lambda v: str(v)[:40])
def test_what_cannot_hold_is_said_in_one_line(titanic: Make, when: Any, message: str) -> None:
    with pytest.raises(UserError) as error:
        titanic(momentum(when))
    assert f"training.momentum: {message}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_number_that_not_every_searched_optimizer_has_wants_a_when(titanic: Make) -> None:
    searched = {"training.optimizer": ["adam", "sgd", "rmsprop"], "training.momentum": [0.0, 0.9]}
    with pytest.raises(
        UserError, match=r'adam has no such argument\. Add .*`when = { optimizer = \["sgd", "rmsprop"\] }`'
    ):
        titanic(searched)
    titanic({**searched, "training.momentum": 0.9})  # a fixed value goes only to the optimizers that take it


def test_a_circle_is_said_with_the_way_around(titanic: Make) -> None:
    def depending(parent: str) -> dict[str, Any]:
        return {"choices": [8, 16], "when": {parent: 8}}

    with pytest.raises(UserError, match=r"its `when` leads back to itself: width → batch_size → patience → width\."):
        titanic(
            {
                "model.width": depending("batch_size"),
                "training.batch_size": depending("patience"),
                "training.early_stopping.patience": depending("width"),
            }
        )


def test_conditions_that_contradict_those_of_a_parent_are_refused(titanic: Make) -> None:
    nesterov = {"choices": [True, False], "when": {"optimizer": "adam"}}
    overrides = {**momentum({**SGD, "nesterov": True}), "training.nesterov": nesterov}
    with pytest.raises(
        UserError, match=r"training\.momentum: its `when` and those of its parents leave no value of optimizer"
    ):
        titanic(overrides)


def test_a_baseline_may_give_what_does_not_apply_to_it(titanic: Make) -> None:
    dropout = {"low": 0.1, "high": 0.5, "when": {"depth": 2}}
    assert titanic({"model.dropout": dropout, "baseline.dropout": 0.3}).baseline["dropout"] == 0.3


def test_a_listed_trial_is_told_why_a_setting_is_no_part_of_it(titanic: Make) -> None:
    own = {"search.library": "own", "search.sampler": "listed"}
    dropout = {"low": 0.1, "high": 0.5, "when": {"depth": [2, 3]}}
    listed = [{"optimizer": "sgd", "momentum": 0.5, "depth": 1}, {"optimizer": "adam", "depth": 2, "dropout": 0.2}]
    found = titanic({**momentum(SGD), **own, "model.dropout": dropout, "search.listed": listed}).search.listed
    assert [("momentum" in table, "dropout" in table) for table in found] == [(True, False), (False, True)]
    message = r"search\.listed\[2\]\.dropout: is not part of this trial: it needs depth 2 or 3\. Remove dropout\."
    with pytest.raises(UserError, match=message):
        titanic({**own, "model.dropout": dropout, "search.listed": [listed[1], {"depth": 4, "dropout": 0.2}]})
    with pytest.raises(UserError, match=r"search\.listed\[1\]\.momentum: adam has no such argument\."):
        titanic({**momentum(SGD), **own, "search.listed": [{"momentum": 0.5}]})


@pytest.mark.parametrize("when", [SGD, {"optimizer": ["sgd"], "depth": 2}])
def test_an_editor_takes_it_and_refuses_what_says_nothing(when: Any) -> None:
    file = tomllib.loads(Path("experiments/titanic.toml").read_text("utf-8"))
    for given in ({"low": 0.0, "high": 0.9}, {"choices": [0.0, 0.9]}):
        file["training"]["momentum"] = {**given, "when": when}
        jsonschema.validate(file, schema())
        wrong: Any
        for wrong in ({}, "sgd", {"optimizer": []}):
            file["training"]["momentum"]["when"] = wrong
            with pytest.raises(jsonschema.ValidationError) as error:
                jsonschema.validate(file, schema())
            assert list(error.value.absolute_path) == ["training", "momentum"]
            refused: Any = error.value.instance
            assert refused["when"] == wrong


def test_a_resolved_file_keeps_it_and_it_makes_another_search(titanic: Make, tmp_path: Path) -> None:
    listed = {"search.library": "own", "search.sampler": "listed", "search.listed": [{"depth": 1}, {"depth": 2}]}
    dropout = {"low": 0.1, "high": 0.5, "when": {"depth": [2, 3]}}
    experiment = titanic({**momentum(SGD), **listed, "model.dropout": dropout})
    file = tmp_path / "titanic.toml"
    file.write_text(resolved(experiment))
    assert resolve(str(file)).model_copy(update={"file": experiment.file}) == experiment
    other = titanic({**momentum(SGD), **listed, "model.dropout": {**dropout, "when": {"depth": [2]}}})
    assert fingerprint(other, "digest") != fingerprint(experiment, "digest")
