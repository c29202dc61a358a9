"""Each kind of error that pydantic finds in a section, as the one sentence that a person reads."""

from typing import Any, Literal, final

import pytest
from pydantic import Field, ValidationError
from pydantic_core import PydanticCustomError

from pipeline.config.experiment import Columns, Data, Preprocess, SearchSettings, Section, Training
from pipeline.config.messages import user_error
from pipeline.values.errors import UserError
from pipeline.values.space import Scalar

TABLE = {"source": "csv", "target": "y"}


def wrong(kind: type[Section], field: str, given: Any) -> UserError:
    with pytest.raises(ValidationError) as error:
        kind.model_validate(given)
    return user_error(error.value, kind, field)


KINDS = [
    # one that is missing
    (Data, "data", {"source": "csv"}, "data.target: is missing. Add `target = …`."),
    # an unknown key, near to a known one and far from all
    (SearchSettings, "search", {"trails": 3}, "search.trails: unknown key. Did you mean `search.trials`?"),
    (SearchSettings, "search", {"Trials": 3}, "search.Trials: unknown key. Did you mean `search.trials`?"),
    (
        Preprocess,
        "preprocess",
        {"zzz": 3},
        "preprocess.zzz: unknown key. Known: impute, scale, encode, numbers, bins.",
    ),
    # a word that is not among the allowed ones
    (Training, "training", {"engine": "fitt"}, "training.engine: `fitt` is unknown. Did you mean `fit`?"),
    (Training, "training", {"engine": 3}, "training.engine: `3` is unknown. Allowed: dense, vectorized, fit."),
    (Data, "data", {**TABLE, "task": "ranking"}, "`ranking` is unknown. Allowed: binary, multiclass, regression."),
    # a value of another type
    (SearchSettings, "search", {"trials": "many"}, "search.trials: is 'many', not a whole number."),
    (SearchSettings, "search", {"trials": 2.0}, "search.trials: is 2.0, not a whole number."),
    (SearchSettings, "search", {"seed": True}, "search.seed: is True, not a whole number."),
    (SearchSettings, "search", {"minutes": "5"}, "search.minutes: is '5', not a number."),
    (SearchSettings, "search", {"sampler": ["tpe"]}, "search.sampler: is ['tpe'], not a "),
    (Data, "data", {**TABLE, "split": {"stratify": "yes"}}, "data.split.stratify: is 'yes', not true or false."),
    # a value out of bounds, in pydantic's own words
    (SearchSettings, "search", {"trials": 0}, "search.trials: is 0. Should be greater than or equal to 1."),
    (SearchSettings, "search", {"minutes": 0}, "search.minutes: is 0. Should be greater than 0."),
    (SearchSettings, "search", {"seed": 2**32}, "search.seed: is 4294967296. Should be less than 4294967296."),
    # no table and no list where one is wanted
    (Data, "data", {**TABLE, "split": 0.2}, "data.split: is 0.2, not a table. Write `{ key = value, … }`."),
    (Columns, "data.columns", {"numeric": "Age"}, "data.columns.numeric: is 'Age'. Should be a valid list."),
    # a setting's own error: its problem and its hint
    (Training, "training", {"epochs": 0}, "training.epochs: 0 is out of bounds. Allowed: at least 1."),
    (Preprocess, "preprocess", {"scale": "minimax"}, "`minimax` is unknown. Did you mean `minmax`?"),
]


@pytest.mark.parametrize(("kind", "field", "given", "sentence"), KINDS, ids=[str(kind[2])[:40] for kind in KINDS])
def test_each_kind_has_its_sentence(kind: type[Section], field: str, given: Any, sentence: str) -> None:
    said = str(wrong(kind, field, given))
    assert sentence in said
    assert said.startswith(f"{field}.")


UNIONS = [
    # columns are a list, or a table of lists
    ({"columns": {"numerik": ["Age"]}}, "data.columns.numerik: unknown key. Did you mean `data.columns.numeric`?"),
    ({"columns": {"Numeric": ["Age"]}}, "data.columns.Numeric: unknown key. Did you mean `data.columns.numeric`?"),
    ({"columns": {"numeric": "Age"}}, "data.columns.numeric: is 'Age'. "),
    ({"columns": {"numeric": ["Age", 3]}}, "data.columns.numeric: is 3, not a "),
    ({"columns": ["Age", 3]}, "data.columns: is 3, not a "),
    ({"columns": "Age"}, "data.columns: is 'Age'. "),
    # a section within one
    ({"split": {"tset": 0.1}}, "data.split.tset: unknown key. Did you mean `data.split.test`?"),
    ({"split": {"Test": 0.1}}, "data.split.Test: unknown key. Did you mean `data.split.test`?"),
    ({"split": {"test": 1.0}}, "data.split.test: is 1.0. Should be less than 1."),
]


@pytest.mark.parametrize(("given", "sentence"), UNIONS, ids=lambda v: str(v)[:40])
def test_in_a_section_within_a_section_the_whole_way_is_named(given: dict[str, Any], sentence: str) -> None:
    assert str(wrong(Data, "data", {**TABLE, **given})).startswith(sentence)


STOPPING = [
    ({"patiense": 3}, ".patiense: unknown key. Did you mean `training.early_stopping.patience`?"),
    ({"min-delta": 3}, ".min-delta: unknown key. Did you mean `training.early_stopping.min_delta`?"),
    ({"patience": -1}, ".patience: -1 is out of bounds. Allowed: at least 0."),
    ({"restore_best_weights": 1}, ".restore_best_weights: is 1, not true or false."),
    (True, ": is True, not a table. Write `{ key = value, … }`."),
    (8, ": is 8, not a table. Write `{ key = value, … }`."),
]


@pytest.mark.parametrize(("given", "sentence"), STOPPING, ids=lambda v: str(v)[:40])
def test_of_a_table_or_false_the_table_is_meant(given: Any, sentence: str) -> None:
    said = str(wrong(Training, "training", {"early_stopping": given}))
    assert said == f"training.early_stopping{sentence}"


@pytest.mark.parametrize("value", [[8, 16], {"low": 1, "high": 2}], ids=str)
def test_a_listed_trials_setting_is_named_and_no_type_that_it_might_have_had(value: Any) -> None:
    error = wrong(SearchSettings, "search", {"listed": [{"depth": 1}, {"width": value}]})
    assert error.where == "search.listed.width"
    assert str(value) in error.problem
    assert "true or false" not in error.problem


def test_the_error_that_got_furthest_comes_first_and_else_the_files_first() -> None:
    both = {"epochs": 0, "early_stopping": {"patience": -1}}
    assert wrong(Training, "training", both).where == "training.early_stopping.patience"
    assert wrong(SearchSettings, "search", {"trials": 0, "seed": -1}).where == "search.trials"


def test_where_what_is_wrong_and_the_hint_are_told_apart() -> None:
    error = wrong(SearchSettings, "search", {"trails": 3})
    assert (error.where, error.problem) == ("search.trails", "unknown key.")
    assert str(error).endswith("Did you mean `search.trials`?")


@final
class Own(Section):
    """A section as a source or family brings it."""

    mode: Literal["a", "b"] | None = None
    cells: dict[str, Scalar] = Field(default_factory=dict)
    depth: int = Field(1, multiple_of=2)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mode": "c"}, "model.mode: `c` is unknown. Allowed: a, b."),
        ({"depth": 3}, "model.depth: is 3. Should be a multiple of 2."),
        ({"cells": 3}, "model.cells: is 3. Should be a valid dictionary."),
        ({"cells": {"left": None}}, "model.cells.left: is None"),
    ],
    ids=str,
)
def test_a_parts_own_section_is_read_alike(given: dict[str, Any], sentence: str) -> None:
    assert str(wrong(Own, "model", given)).startswith(sentence)


def test_a_settings_own_error_without_a_hint_is_its_problem_alone() -> None:
    error = ValidationError.from_exception_data(
        "Own", [{"type": PydanticCustomError("setting", "low is above high.\n"), "loc": ("depth",), "input": 3}]
    )
    assert str(user_error(error, Own, "model")) == "model.depth: low is above high."
