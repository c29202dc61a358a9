"""How many trials and epochs a search has."""

from typing import Any

import pytest

from pipeline.checks import Level
from pipeline.checks.workload import differences, workload
from tests.conftest import Make

GRID = {"search.sampler": "grid", "model.width": [8, 16], "model.depth": [1, 2, 3], "model.dropout": [0.0]}
FIXED = {"training.learning_rate": 0.01}
HYPERBAND = {"search.library": "keras_tuner", "search.sampler": "hyperband", "training.epochs": 9}


@pytest.mark.parametrize(
    ("overrides", "level", "words"),
    [
        ({}, None, ""),
        ({**GRID, **FIXED, "search.trials": 6}, None, ""),
        ({**GRID, **FIXED, "search.trials": 4}, Level.WARNING, "grid needs 6 trials"),
        ({**GRID, **FIXED}, Level.NOTE, "grid ends after 6 trials: `trials = 100` is only an upper limit."),
        (HYPERBAND, Level.NOTE, "hyperband ends after "),
    ],
    ids=["tpe", "grid", "grid cut", "grid whole", "hyperband"],
)
def test_a_search_with_a_number_of_trials_of_its_own_is_set_beside_the_files(
    titanic: Make, overrides: dict[str, Any], level: Level | None, words: str
) -> None:
    experiment = titanic(overrides)
    found = differences(experiment, workload(experiment))
    assert [finding.level for finding in found] == ([level] if level else [])
    assert all(words in finding.sentence for finding in found)


def test_epochs_are_those_of_all_trials_and_the_baseline_within_the_budget(titanic: Make) -> None:
    assert workload(titanic({"search.trials": 10})).epochs == 1100
    assert workload(titanic({"search.trials": 10, "search.budget": 2.5})).epochs == 350
    # three brackets: 9 trials to epoch 1, 3 of them on to 3, 1 on to 9; 5 trials to 3, 2 on to 9; 3 trials to 9
    assert workload(titanic({"search.trials": 10})).folds == 1
    folds = workload(titanic({"search.trials": 10, "search.folds": 4}))
    assert (folds.trials, folds.epochs, folds.folds) == (11, 1100, 4)
    hyperband = workload(titanic(HYPERBAND))
    assert (hyperband.own, hyperband.trials) == (23, 24)
    assert hyperband.epochs == 9 * 1 + 3 * 2 + 1 * 6 + 5 * 3 + 2 * 6 + 3 * 9 + 9
