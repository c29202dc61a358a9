"""The search over a list proposes exactly the given trials, in their order."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.experiment import SearchSettings
from pipeline.searches.listed import Listed, check, create
from pipeline.values.errors import UserError
from pipeline.values.space import Float, Int, Space
from pipeline.values.trial import End, Outcome, Trial

SPACE = Space({"width": Int(8, 64)})


def listing(*tables: dict[str, Any], **given: Any) -> SearchSettings:
    return SearchSettings.model_validate({"library": "own", "sampler": "listed", "listed": list(tables)} | given)


def test_it_asks_for_the_very_trials_that_it_was_given() -> None:
    trials = [Trial(0, {"width": 512}, 3, 20), Trial(7, {"depth": 2}, 4, 10, parent=0, initial_epoch=5)]
    search = Listed(trials)
    assert [*search.ask(1), *search.ask(5)] == trials
    assert not search.ask(1)
    assert search.total == 2


def test_a_file_may_list_settings_outside_the_space_and_a_number_of_epochs(tmp_path: Path) -> None:
    search = create(SPACE, listing({"width": 512, "optimizer": "sgd"}, {"width": 8, "epochs": 3}), 20, tmp_path)
    first, second = search.ask(9)
    assert (first.params, first.epochs) == ({"width": 512, "optimizer": "sgd"}, 20)
    assert (second.number, second.epochs) == (2, 3)


def test_a_line_that_a_kill_cut_short_counts_for_nothing(tmp_path: Path) -> None:
    tables = [{"width": i} for i in range(1, 13)]
    search = create(SPACE, listing(*tables), 20, tmp_path)
    for trial in search.ask(12)[10:]:
        search.tell(Outcome(trial, trial.params, End.COMPLETE, 1.0, 1, ()))
    (tmp_path / "ended.txt").write_text((tmp_path / "ended.txt").read_text()[:-2])  # "11\n12\n" to "11\n1"
    assert [t.number for t in create(SPACE, listing(*tables), 20, tmp_path).ask(20)] == [*range(1, 11), 12]


@pytest.mark.parametrize(
    ("space", "settings", "message"),
    [
        (SPACE, listing(), "search.listed: is empty."),
        (SPACE, listing({"width": 8}, pruner="median"), 'optuna has it: write `library = "optuna"`.'),
        (Space({"epochs": Int(1, 9), "x": Float(0, 1)}), listing({"epochs": 8}, pruner="rungs"), "training.epochs"),
    ],
)
def test_what_cannot_be_is_refused(space: Space, settings: SearchSettings, message: str) -> None:
    with pytest.raises(UserError) as error:
        check(space, settings, 9)
    assert message in str(error.value)
