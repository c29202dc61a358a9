"""When a command continues a search, extends it, or starts another; and the journal that it continues from."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.tuning.journal import Journal
from pipeline.tuning.study import opened
from pipeline.values.errors import UserError
from pipeline.values.trial import End, Epoch, Outcome, Trial
from tests.conftest import Make


def outcome(number: int, **known: Any) -> Outcome:
    trial = Trial(number, {"width": 8, "dropout": 0.5, "optimizer": "adam", "nesterov": True}, seed=1, epochs=2)
    curve = (Epoch(number, 1, {"loss": 0.1 + 0.2, "val_loss": math.inf}, 0.25),)
    return Outcome(trial, {**trial.params, "rate": 1e-300}, End.COMPLETE, 1 / 3, 1, curve, **known)


def test_outcomes_read_back_equal_in_every_bit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "outcomes.jsonl")
    written = [outcome(1), outcome(2, reason="a\nb", seconds={"build": 0.1}, summary="┃")]
    for one in written:
        journal.append(one)
    read = journal.read()
    assert read == written
    assert [type(v) for v in read[0].trial.params.values()] == [int, float, str, bool]


def test_a_line_that_a_kill_cut_short_is_forgotten_and_the_next_one_begins_afresh(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    journal = Journal(path)
    for number in (1, 2):
        journal.append(outcome(number))
    whole = path.read_bytes()
    for cut in range(len(whole) // 2 + 1, len(whole), 97):
        path.write_bytes(whole[:cut])
        assert journal.read() == [outcome(1)]
        journal.append(outcome(3))
        assert journal.read() == [outcome(1), outcome(3)]


NEXT = [
    ("an unfinished one goes on", {}, False, {}, "1"),
    ("an unfinished one goes on with other limits", {"search.trials": 20}, False, {"search.trials": 5}, "1"),
    ("a finished one with more trials is extended", {"search.trials": 20}, True, {"search.trials": 30}, "1"),
    ("a finished one without its budget is extended", {"search.budget": 2.0}, True, {}, "1"),
    ("a finished one asked again is begun anew", {"search.trials": 20}, True, {"search.trials": 20}, "2"),
    ("a finished one with fewer trials is begun anew", {"search.trials": 20}, True, {"search.trials": 5}, "2"),
    ("more trials and less budget is another search", {}, True, {"search.trials": 200, "search.budget": 1.0}, "2"),
    ("another seed is another search", {}, False, {"search.seed": 8}, "1"),
]


@pytest.mark.parametrize(("case", "first", "finished", "second", "number"), NEXT, ids=[case[0] for case in NEXT])
def test_which_search_a_command_means(
    titanic: Make,
    tmp_path: Path,
    case: str,
    first: Mapping[str, Any],
    finished: bool,
    second: Mapping[str, Any],
    number: str,
) -> None:
    with opened(titanic(first), "digest", tmp_path, new=False) as study:
        study.journal.append(outcome(1))
        if finished:
            study.finish(titanic(first))
    with opened(titanic(second), "digest", tmp_path, new=False) as again:
        assert again.identity.rpartition("-")[2] == number
        assert bool(again.past) == (again.identity == study.identity)
    assert (again.identity == study.identity) == (number == "1" and "seed" not in case)


def test_an_experiment_with_brackets_in_its_name_goes_on_and_begins_another(titanic: Make, tmp_path: Path) -> None:
    experiment = titanic().model_copy(update={"name": "prices[eur]"})
    identities = []
    for new in (False, False, True):
        with opened(experiment, "digest", tmp_path, new=new) as study:
            identities.append(study.identity)
    stem = identities[0].rpartition("-")[0]
    assert identities == [f"{stem}-1", f"{stem}-1", f"{stem}-2"]


def test_new_begins_another_and_other_data_too(titanic: Make, tmp_path: Path) -> None:
    identities = []
    for digest, new in (("one", False), ("one", True), ("other", False)):
        with opened(titanic(), digest, tmp_path, new=new) as study:
            identities.append(study.identity)
    assert len(set(identities)) == 3


def test_two_processes_do_not_run_one_search(titanic: Make, tmp_path: Path) -> None:
    with (
        opened(titanic(), "digest", tmp_path, new=False),
        pytest.raises(UserError, match=r"another process is running it\. Wait for it, or start a new one with NEW=1\."),
        opened(titanic(), "digest", tmp_path, new=False),
    ):
        pass
