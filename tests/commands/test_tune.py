"""`make tune` as a person meets it: what it prints, and how it ends."""

import signal
from pathlib import Path

import pytest

from pipeline.journal import Journal
from pipeline.ledgers.mlflow import archive
from tests.commands.conftest import Start, Type

SHORT = "training.epochs=4 training.early_stopping.patience=2"


@pytest.mark.slow
def test_a_search_ends_with_its_champion_and_its_links_and_no_librarys_words(typed: Type, here: Path) -> None:
    done = typed("tune", "titanic", "--trials", "3", "--set", SHORT)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "titanic: binary, 535 rows to train on, 178 for validation, 178 for the test"
    assert sum("/3  trial " in line for line in lines) == 3
    assert any(line.startswith("Champion: trial ") for line in lines)
    for words in ("logistic regression", "gradient boosting", "majority class", "untuned baseline", "log loss"):
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
    found = archive(here / "mlruns")
    ended = {line.number: line for line in found.curves(study.name) if line.end is not None}
    assert ended.keys() == journal.keys()
    assert len(ended) > 2
    assert all(line.value == journal[number].value for number, line in ended.items())
    parent = found.search(study.name)
    assert parent is not None
    assert parent.info.status == "KILLED"


@pytest.mark.slow
def test_a_search_whose_trials_all_fail_says_so_and_exits_1(typed: Type) -> None:
    listed = 'search.listed=[{learning_rate=1e30}] search.sampler="listed" search.library="own"'
    done = typed("tune", "titanic", "--set", f"{listed} {SHORT}")
    assert (done.returncode, done.stderr) == (1, "")
    assert "None of the 1 trials has a value, so there is no champion." in done.stdout
    assert "the learning rate may be too high" in done.stdout


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
