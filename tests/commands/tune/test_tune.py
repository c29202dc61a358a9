"""`make tune` as a user sees it: what it prints, and how it ends."""

import shutil
import signal
from pathlib import Path

import pytest

from pipeline.commands.tune import several
from pipeline.trackers.mlflow import open_archive
from pipeline.tuning.journal import Journal
from tests.commands.conftest import Start, Type

SHORT = "training.epochs=4 training.early_stopping.patience=2"


@pytest.mark.slow
def test_a_search_ends_with_its_champion_and_its_links_and_no_librarys_words(typed: Type, here: Path) -> None:
    done = typed("tune", "titanic", "--trials", "3", "--set", SHORT)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "titanic: binary, 535 rows to train on, 178 for validation, 178 for the test"
    assert sum("/3  trial " in line for line in lines) == 3
    assert any(line.startswith("Champion: the average of 12 models: trials ") for line in lines)
    for words in ("logistic regression", "gradient boosting", "majority class", "untuned, averaged", "log loss"):
        assert words in done.stdout
    assert "http://127.0.0.1:5000/#/experiments/" in done.stdout
    assert not any(word in done.stdout for word in ("WARNING", "Warning", "oneDNN", "Traceback"))
    assert (here / "mlruns" / "logs" / "titanic.log").is_file()


@pytest.mark.slow
def test_ctrl_c_ends_after_the_running_epoch_with_everything_finished_recorded(started: Start, here: Path) -> None:
    process = started("tune", "titanic", "--trials", "1000", "--set", SHORT)
    assert process.stdout is not None
    for line in process.stdout:
        if "/1000  trial " in line:
            process.send_signal(signal.SIGINT)
            break
    rest, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (130, "")
    assert "Stopped by you after" in rest
    (study,) = (here / "mlruns" / "studies").iterdir()
    journal = {o.number: o for o in Journal(study / "outcomes.jsonl").read()}
    found = open_archive(here / "mlruns")
    ended = {record.number: record for record in found.curves(study.name) if record.end is not None}
    assert ended.keys() == journal.keys()
    assert len(ended) >= 2  # the baseline and the trial of the line
    assert all(record.value == journal[number].value for number, record in ended.items())
    parent = found.search(study.name)
    assert parent is not None
    assert parent.info.status == "KILLED"


@pytest.mark.slow
def test_a_search_whose_trials_all_fail_says_so_and_exits_1(told: Type) -> None:
    listed = 'search.listed=[{learning_rate=1e30}] search.sampler="listed" search.library="own"'
    done = told("tune", "titanic", "--set", f"{listed} {SHORT}")
    assert (done.returncode, done.stderr) == (1, "")
    assert "None of the 1 trials has a value, so there is no champion." in done.stdout
    assert "the learning rate may be too high" in done.stdout


@pytest.mark.slow
def test_several_experiments_end_with_one_table(typed: Type, here: Path) -> None:
    shutil.copy(here / "experiments" / "titanic.toml", here / "experiments" / "twin.toml")
    done = typed("tune", "titanic,twin", "--trials", "2", "--set", SHORT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Champion: the average of 8 models: trials ") == 2
    lines = done.stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("experiment "))
    names = [line.split()[0] for line in lines[head + 1 :] if line[:1].strip()]
    assert names == ["titanic", "twin"]
    assert lines[head + 1].split()[1:3] == ["log", "loss"]
    champion = next(line for line in lines if line.startswith("champion  "))
    assert lines[head + 1].split()[3] == champion.split()[1]


@pytest.mark.slow
def test_of_several_experiments_a_wrong_one_is_said_before_any_begins(typed: Type, here: Path) -> None:
    done = typed("tune", "titanic,titnic")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "experiments/titnic.toml: there is no such file. Did you mean `titanic`?\n"
    assert not (here / "mlruns" / "studies").exists()


def test_all_are_those_that_do_not_take_long() -> None:
    chosen = several.names("all", {})
    assert {"titanic", "wages", "signal", "digits"} <= set(chosen)
    assert not [name for name in chosen if name.startswith("mnist")]
    assert several.names("all,mnist_cnn", {}) == [*chosen, "mnist_cnn"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tune", "titnic"], "experiments/titnic.toml: there is no such file. Did you mean `titanic`?"),
        (
            ["tune", "titanic", "--set", "training.optimiser=adam"],
            "command line, training.optimiser: unknown key. Did you mean `training.optimizer`?",
        ),
        (
            ["check", "titanic", "--set", "data.target=Survive"],
            "experiments/titanic.toml, data.target: there is no column `Survive`. Did you mean `Survived`?",
        ),
        (
            ["tune", "titanic", "--set", "model.dropout={low=0.0,high=0.5,when={dept=1}}"],
            "command line, model.dropout: its `when` names dept, which is unknown. Did you mean `depth`?",
        ),
        (["tune", "titanic", "--set", "epochs"], "command line, SET: `epochs` sets nothing."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_is_one_line_exit_code_2_and_no_run(typed: Type, here: Path, words: list[str], message: str) -> None:
    done = typed(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert not (here / "mlruns" / "studies").exists()


@pytest.mark.slow
def test_the_winner_is_trained_again_with_what_else_is_said(told: Type, here: Path) -> None:
    refused = told("tune", "titanic", "--retrain")
    assert refused.returncode == 2
    assert "no finished search of `titanic` with a winner was found" in refused.stderr
    assert told("tune", "titanic", "--trials", "3", "--set", SHORT).returncode == 0
    (first,) = (here / "mlruns" / "studies").iterdir()
    done = told("tune", "titanic", "--retrain", "--promote", "--set", f"{SHORT} data.split.validation=0.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Version 2 is now the champion because PROMOTE=1 was given: " in done.stdout
    assert told("models", "titanic").stdout.splitlines()[1].split()[:3] == ["titanic", "2", "champion"]
    assert "624 rows to train on, 89 for validation" in done.stdout
    (again,) = [path for path in (here / "mlruns" / "studies").iterdir() if path != first]
    outcomes = [o for o in Journal(first / "outcomes.jsonl").read() if o.number and o.value is not None]
    best = min(outcomes, key=lambda o: o.value or 0)
    (trial,) = [o for o in Journal(again / "outcomes.jsonl").read() if o.number]
    assert trial.settings == best.settings


@pytest.mark.slow
def test_without_other_parts_the_training_itself_is_reported(typed: Type) -> None:
    listed = 'search.listed=[{units=4,layers=1}] search.sampler="listed" search.library="own" baseline.epochs=3'
    done = typed("tune", "signal", "--set", f"{listed} training.epochs=2")
    assert (done.returncode, done.stderr) == (0, "")
    (champion,) = [line for line in done.stdout.splitlines() if line.startswith("champion ")]
    assert "in training, epoch 2: loss 0." in champion
    assert ", accuracy 0." in champion
    assert "untuned baseline  in training, epoch 3: loss 0." in done.stdout
