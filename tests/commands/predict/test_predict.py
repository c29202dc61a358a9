"""`make predict` as a user sees it: it reads rows and writes them with the champion's predictions."""

import io
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from pipeline.__main__ import main
from pipeline.run import run
from pipeline.trackers.mlflow import create
from pipeline.trackers.mlflow.store import current, uri
from tests.commands.conftest import ROOT, Ask, Start
from tests.conftest import Make

pytestmark = pytest.mark.slow

RAW = ROOT / "pipeline" / "sources" / "tables" / "titanic.csv"
HEADER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
COMMAND = ("predict", "titanic")
"""What `ask` types before its words."""


@pytest.fixture(scope="module")
def searched(titanic: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `mlruns/` holds a short search of the Titanic."""
    here = tmp_path_factory.mktemp("searched")
    short = {"search.trials": 2, "training.epochs": 20, "training.learning_rate": 0.005, "model.width": [16, 32]}
    run(titanic(short), create(here / "mlruns"), here / "mlruns", lambda blueprint, prepared, study: None)
    return here


def test_the_raw_table_is_answered_as_mlflow_answers_it(ask: Ask, searched: Path) -> None:
    code, said, errors = ask(str(RAW), "--output", "answers.csv")
    assert (code, errors) == (0, "")
    assert said == "answers.csv: 891 rows, by version 1 of titanic's champion\n"
    found = pd.read_csv(searched / "answers.csv")
    raw = pd.read_csv(RAW)
    pd.testing.assert_frame_equal(found[raw.columns], raw)
    with current(uri(searched / "mlruns")):
        answers = mlflow.pyfunc.load_model("models:/titanic@champion").predict(raw)
    assert list(found.columns) == [*raw.columns, "prediction", "probability_0", "probability_1"]
    pd.testing.assert_frame_equal(found[answers.columns], answers, check_exact=True)


def test_standard_input_is_answered_on_standard_output_with_no_word_beside(searched: Path, started: Start) -> None:
    rows = f"{HEADER},Note\n1,female,38,1,0,71,C,first\n3,martian,,0,0,8.050,,\n"
    process = started("predict", "titanic", "-", cwd=searched, stdin=-1)
    said, errors = process.communicate(rows, timeout=300)
    assert (process.returncode, errors) == (0, "")
    answers = pd.read_csv(io.StringIO(said), dtype={"Fare": str})
    assert answers["probability_1"][0] > 0.8
    assert answers["Note"][0] == "first"
    assert answers["Fare"].tolist() == ["71", "8.050"]
    assert np.allclose(answers["probability_0"] + answers["probability_1"], 1)


def test_semicolons_and_parquet_give_what_commas_give(ask: Ask, searched: Path) -> None:
    raw = pd.read_csv(RAW).head(20)
    raw.to_csv(searched / "comma.csv", index=False)
    raw.to_csv(searched / "semicolon.csv", index=False, sep=";", encoding="utf-8-sig")
    raw.astype({"Pclass": "Int64", "Age": "Float64"}).to_parquet(searched / "rows.parquet")
    found = [
        pd.read_csv(io.StringIO(ask(name)[1]), sep=None, engine="python") for name in ("comma.csv", "rows.parquet")
    ]
    found.append(pd.read_csv(io.StringIO(ask("semicolon.csv")[1]), sep=";"))
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other, check_dtype=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "INPUT: rows.csv is empty."),
        (f"{HEADER}\n", "INPUT: rows.csv has a header but no rows."),
        (
            "Pclass,Age,Fare\n1,38,71\n",
            "INPUT: missing columns SibSp, Parch, Sex, Embarked. It has: Pclass, Age, Fare.",
        ),
        (
            f"{HEADER}\n1,female,38,1,0,71,C\n1,male,unknown,1,0,71,C\n",
            "INPUT: column Age holds `unknown` in row 2, where a number is needed.",
        ),
        (f"{HEADER}\n1,female,inf,1,0,71,C\n", "INPUT: column Age holds `inf` in row 1, where a number is needed."),
        (f"{HEADER}\n1,female,38,1,0,71,C,more\n", "INPUT: rows.csv cannot be read as CSV: "),
        (f'{HEADER}\n1,"female,38,1,0,71,C\n', "INPUT: rows.csv cannot be read as CSV: "),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "INPUT: rows.csv cannot be read as CSV: "),
        (f"{HEADER},prediction\n1,female,38,1,0,71,C,1\n", "INPUT: the rows already have a column prediction."),
    ],
    ids=["empty", "header", "missing", "text", "infinite", "long row", "open quote", "no text", "answered before"],
)
def test_wrong_rows_are_named_in_one_line(ask: Ask, searched: Path, content: str | bytes, message: str) -> None:
    (searched / "rows.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    code, said, errors = ask("rows.csv")
    assert (code, said) == (2, "")
    assert errors.startswith(message)
    assert errors.count("\n") == 1


def test_a_file_that_is_not_there_and_an_experiment_without_a_champion(ask: Ask) -> None:
    assert ask("nowhere.csv")[2].startswith("INPUT: there is no file nowhere.csv")
    assert ask("rows.xlsx")[2].startswith("INPUT: rows.xlsx is neither .csv nor .parquet.")
    assert ask(str(RAW), "--output", "nowhere/answers.csv")[2].startswith("OUTPUT: there is no folder nowhere.")


def test_without_a_champion_the_way_to_one_is_said(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "mnist", str(RAW)]) == 2
    assert capfd.readouterr().err == "mnist: there is no champion yet. Type `make tune EXP=mnist` first.\n"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    code, _, errors = ask(str(RAW))
    assert code == 2
    assert errors == "MLflow: http://127.0.0.1:9 does not answer. Is the server running?\n"
