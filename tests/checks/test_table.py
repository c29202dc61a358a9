"""The findings on a table."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.checks import Finding, Level, only
from pipeline.checks.table import balance, constants, doubles, folds, gaps, hashes, look, small
from pipeline.values.data import Dataset, Prepared, Split, Task
from tests.conftest import Make


def subjects(findings: list[Finding], level: Level) -> list[str]:
    return [finding.subject for finding in only(level, findings)]


def test_the_titanic_gives_no_warning(prepared: Prepared) -> None:
    found = look(prepared)
    assert subjects(found, Level.WARNING) == []
    said = {finding.subject: finding.sentence for finding in found}
    assert said["gaps"] == "Age 19 %, Embarked 0.4 % of the rows."
    assert said["test"] == "178 rows: an accuracy of 80 % measured on them is uncertain by ± 3.0 points."


def test_a_copy_of_the_target_under_another_name_is_warned_of(prepared: Prepared) -> None:
    dataset = prepared.dataset
    features = dataset.features.assign(Alive=dataset.target.map({0: "no", 1: "yes"}))
    transform = replace(prepared.transform, columns=(*prepared.transform.columns, "Alive"))
    found = look(replace(prepared, dataset=replace(dataset, features=features), transform=transform))
    assert subjects(found, Level.WARNING) == ["column Alive"]


def test_mostly_empty_columns_are_warned_of_and_others_are_noted() -> None:
    columns = pd.DataFrame({"half": [1, np.nan] * 50, "few": [np.nan] + [1.0] * 99, "full": range(100)})
    found = gaps(columns)
    assert subjects(found, Level.WARNING) == ["column half"]
    assert found[-1].sentence == "few 1 % of the rows."
    assert gaps(columns[["full"]]) == []


def test_a_column_with_one_value_is_warned_of_and_one_with_a_gap_is_not() -> None:
    found = constants(pd.DataFrame({"one": [1, 1], "gap": [1, np.nan], "two": [1, 2]}))
    assert subjects(found, Level.WARNING) == ["column one"]


def test_a_rare_class_is_warned_of_by_its_share_or_its_rows() -> None:
    (finding,) = balance(pd.Series(["a"] * 980 + ["b"] * 20))
    assert finding.subject == "class b"
    assert finding.sentence == "20 rows, 2 %: always predicting a has an accuracy of 98 % already."
    assert balance(pd.Series(["a"] * 30 + ["b"] * 19))
    assert not balance(pd.Series(["a"] * 30 + ["b"] * 20))


def test_small_parts_are_warned_of_with_their_uncertainty() -> None:
    (finding,) = small("test", 143, Task.BINARY)
    assert (finding.level, "± 3.3 points" in finding.sentence) == (Level.NOTE, True)
    (finding,) = small("test", 50, Task.REGRESSION)
    assert (finding.level, "about 10 %" in finding.sentence) == (Level.WARNING, True)
    assert small("validation", 0, Task.BINARY) == []


def test_folds_are_proposed_for_small_tables_that_have_none(prepared: Prepared, titanic: Make) -> None:
    (finding,) = folds(titanic({"evaluate.confirm": 2}), prepared.split, Task.BINARY)
    assert (finding.level, finding.subject) == (Level.NOTE, "search.folds")
    assert finding.sentence == (
        "`folds = 4` judges trials by 713 rows instead of 178 (uncertain by ± 1.5 points, not ± 3.0 points), "
        "for 4 times the training."
    )
    assert (
        "(uncertain by about 3 %, not about 5 %)"
        in folds(titanic({"evaluate.confirm": 2}), prepared.split, Task.REGRESSION)[0].sentence
    )
    many = replace(prepared.split, train=np.arange(1000))
    none = replace(prepared.split, validation=np.arange(0))
    assert not folds(titanic({"search.folds": 2}), prepared.split, Task.BINARY)
    assert not folds(titanic({"evaluate.confirm": 0}), prepared.split, Task.BINARY)
    hyperband = {"search.library": "keras_tuner", "search.sampler": "hyperband"}
    assert not folds(titanic(hyperband), prepared.split, Task.BINARY)
    assert not folds(titanic(), many, Task.BINARY)
    assert not folds(titanic(), none, Task.BINARY)


def test_rows_that_stand_in_two_parts_are_counted_whatever_their_number_says() -> None:
    table = pd.DataFrame({"id": range(100), "x": np.arange(100) / 7, "y": ["a", "b"] * 50})
    split = Split(np.arange(60), np.arange(60, 80), np.arange(80, 100))

    def said(table: pd.DataFrame) -> list[Finding]:
        return doubles(hashes(Dataset("t", "made", table[["id", "x"]], table["y"], Task.BINARY, "")), split)

    assert said(table) == []
    table.loc[[60, 61, 85], ["x", "y"]] = table.loc[[0, 1, 2], ["x", "y"]].to_numpy()
    found = said(table)
    assert subjects(found, Level.WARNING) == ["validation", "test"]
    assert found[0].sentence.startswith("2 of its 20 rows are also in the training part")
