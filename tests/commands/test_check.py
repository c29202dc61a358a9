"""`make check` as a user sees it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.conftest import ROOT, Type

pytestmark = pytest.mark.slow
RAW = ROOT / "pipeline" / "sources" / "tables" / "titanic.csv"


@pytest.fixture
def leaking(here: Path) -> str:
    """An experiment on the Titanic whose table holds a copy of the target under another name."""
    table = pd.read_csv(RAW)
    table.assign(Alive=table["Survived"].map({0: "no", 1: "yes"})).to_csv(here / "leaking.csv", index=False)
    (here / "experiments" / "leaking.toml").write_text("""
        data = { source = "csv", path = "leaking.csv", target = "Survived" }
        model = { family = "mlp", width = [8, 16] }
        training = { epochs = 2 }
        search = { trials = 1 }
    """)
    return "leaking"


def test_an_experiment_that_is_right_is_told_its_costs_and_leaves_no_run(typed: Type, here: Path) -> None:
    done = typed("check", "titanic")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "titanic: binary, 535 rows to train on, 178 for validation, 178 for the test"
    assert "  column Cabin is left out: text with 101 different values in 535 rows." in lines
    for words in ("122 to 54,274 parameters", "are free", "an upper bound, as early stopping ends most trials"):
        assert words in done.stdout
    assert "warning" not in done.stdout
    assert lines[-1] == "experiments/titanic.toml passes all checks."
    assert max(map(len, lines)) < 160
    assert not (here / "mlruns" / "studies").exists()
    assert not (here / "mlruns" / "spool").exists()
    with closing(sqlite3.connect(here / "mlruns" / "mlflow.db")) as tables:
        assert tables.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_a_leak_is_warned_of_by_check_and_before_a_search(told: Type, leaking: str) -> None:
    warning = "  warning  column Alive: this column alone predicts the target (right in 100.0 % of held-out rows): "
    done = told("check", leaking)
    assert (done.returncode, done.stderr) == (0, "")
    assert warning in done.stdout
    assert done.stdout.splitlines()[-1] == "experiments/leaking.toml has no errors, but 1 warning."
    done = told("tune", leaking)
    assert (done.returncode, done.stderr) == (0, "")
    assert warning in done.stdout
    assert "note " not in done.stdout


@pytest.mark.parametrize("command", ["check", "tune"])
def test_too_few_rows_for_folds_are_said_before_a_search_is_recorded(told: Type, here: Path, command: str) -> None:
    pd.DataFrame({"x": [0.1 * n for n in range(10)], "y": [1.5 * n for n in range(10)]}).to_csv(here / "few.csv")
    (here / "experiments" / "few.toml").write_text("""
        data = { source = "csv", path = "few.csv", target = "y", task = "regression" }
        model = { family = "mlp", width = [8, 16] }
        search = { trials = 2, folds = 12 }
    """)
    done = told(command, "few")
    assert done.returncode == 2
    assert done.stderr == (
        "experiments/few.toml, search.folds: 8 rows for training and validation cannot be cut into 12 folds. "
        "Add rows, or set `search.folds` to 8 or less.\n"
    )
    assert not (here / "mlruns" / "studies").exists()
    with closing(sqlite3.connect(here / "mlruns" / "mlflow.db")) as tables:
        assert tables.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_models_for_which_there_is_no_memory_are_an_error(told: Type) -> None:
    done = told("check", "titanic", "--set", "model.width=[10000000,20000000] model.depth=3")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.count("  error    model with ") == 2
    assert done.stdout.splitlines()[-1] == "experiments/titanic.toml has 2 errors."


def test_a_search_whose_models_have_no_memory_ends_before_its_first_run(told: Type, here: Path) -> None:
    done = told("tune", "titanic", "--set", "model.width=[10000000,20000000] model.depth=3")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("experiments/titanic.toml, model with numbers standard, width 10000000, dropout ")
    assert "takes about" in line
    assert not (here / "mlruns" / "spool").exists()


def test_what_a_hypermodel_raises_is_one_line_that_names_the_modules_line(told: Type, here: Path) -> None:
    (here / "experiments" / "nets.py").write_text(
        "import keras\n\n\ndef net(hp):\n    return keras.Sequential([keras.layers.Dense(hp.Int('units', 8, 'x'))])\n"
    )
    (here / "experiments" / "net.toml").write_text(
        'data = { source = "titanic" }\nmodel = { family = "python:nets.net" }\n'
    )
    done = told("check", "net")
    assert (done.returncode, done.stdout) == (2, "")
    start = "experiments/net.toml, model.family: `python:nets.net` fails (line 5 of experiments/nets.py): ValueError: "
    assert done.stderr.startswith(start)
    assert done.stderr.count("\n") == 1
    assert not (here / "mlruns" / "studies").exists()
