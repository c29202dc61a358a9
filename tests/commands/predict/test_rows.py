"""Rows to be predicted, as files and pipes hold them, and how they are written again with the predictions added."""

import io
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.commands.predict.rows import Rows, check, read
from pipeline.values.errors import UserError

EXAMPLE = pd.DataFrame({"Zip": ["01067", None], "Age": [38.0, None], "Class": [3, 1], "Sex": ["female", "male"]})
HEADER = "Zip,Age,Class,Sex"
ANSWERS = pd.DataFrame({"prediction": [1, 0], "probability_1": [0.75, 0.25]})


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_text_columns_stay_text_and_numbers_are_numbers(rows: Path) -> None:
    rows.write_text(f"{HEADER},Note\n007,38,3,female,5\n1e5,,1,NA,\n")
    found = read(str(rows), EXAMPLE).typed
    assert found["Zip"].tolist() == ["007", "1e5"]
    assert found["Age"].tolist()[0] == 38.0
    assert found["Class"].tolist() == [3, 1]
    assert found.isna().to_numpy().tolist() == [[False] * 5, [False, True, False, True, True]]
    assert found["Note"].dtype == float, "a column that the example lacks is read by its cells"


def test_given_cells_come_out_unchanged_beside_their_answers(rows: Path) -> None:
    rows.write_text(f'{HEADER},Note\n007,38.00,3, female ,"a ""b"", c"\n1e5,,1,NA,"two\nlines"\n')
    assert read(str(rows), EXAMPLE).beside(ANSWERS) == (
        f"{HEADER},Note,prediction,probability_1\n"
        '007,38.00,3, female ,"a ""b"", c",1,0.75\n'
        '1e5,,1,NA,"two\nlines",0,0.25\n'
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_that_the_columns_tell_and_the_answer_keeps_it(rows: Path, separator: str) -> None:
    others = ",;\t".replace(separator, "")
    header = separator.join((f'"Note{others}{separator}"', "Zip", "Age", "Class", "Sex"))
    rows.write_text(f"{header}\n{separator.join((others[0], '007', '38', '3', 'male'))}\n")
    found = read(str(rows), EXAMPLE)
    assert found.separator == separator
    assert list(found.typed.columns) == [f"Note{others}{separator}", "Zip", "Age", "Class", "Sex"]
    head, cells = found.beside(ANSWERS.head(1)).splitlines()
    assert head.endswith(separator.join(("Sex", "prediction", "probability_1")))
    assert cells.endswith(separator.join(("male", "1", "0.75")))


def test_a_single_column_needs_no_separator(rows: Path) -> None:
    rows.write_text("Age\n38\n4\n")
    found = read(str(rows), EXAMPLE[["Age"]])
    assert found.typed["Age"].tolist() == [38, 4]
    assert found.beside(ANSWERS) == "Age,prediction,probability_1\n38,1,0.75\n4,0,0.25\n"


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\n\n"], ids=["BOM", "BOM and line", "lines"]
)
def test_what_stands_before_the_header_is_no_part_of_a_name(rows: Path, before: bytes) -> None:
    rows.write_bytes(before + f"{HEADER}\r\n007,38,3,bücher\r\n".replace(",", ";").encode())
    found = read(str(rows), EXAMPLE)
    assert list(found.typed.columns) == list(found.given.columns) == ["Zip", "Age", "Class", "Sex"]
    assert found.given.to_numpy().tolist() == [["007", "38", "3", "bücher"]]


def test_standard_input_is_read_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))

    typed(f"{HEADER}\n007,38,3,bücher\n".encode())
    found = read("-", EXAMPLE)
    assert (found.typed["Zip"].tolist(), found.typed["Sex"].tolist()) == (["007"], ["bücher"])
    typed(b"")
    with pytest.raises(UserError, match=r"^INPUT: standard input is empty"):
        read("-", EXAMPLE)
    typed(f"{HEADER}\n".encode())
    with pytest.raises(UserError, match=r"^INPUT: standard input .*no rows"):
        read("-", EXAMPLE)


@pytest.mark.parametrize("content", ["", " \n\t\n", "\ufeff", "\ufeff\n"], ids=repr)
def test_a_file_without_anything_is_empty(rows: Path, content: str) -> None:
    rows.write_text(content, "utf-8")
    with pytest.raises(UserError, match=r"^INPUT: .*rows\.csv is empty"):
        read(str(rows), EXAMPLE)


@pytest.mark.parametrize(
    "content",
    [
        f'{HEADER}\n1,"38,3,female\n',
        f"{HEADER}\n1,38,3,female,more\n",
        f"{HEADER}\n1,38,3,female\n1,38,3,female,more\n",
        f"{HEADER}\n\xff\n",
    ],
    ids=["torn quote", "long row", "long second row", "latin-1"],
)
def test_what_cannot_be_read_names_the_file_on_one_line(rows: Path, content: str) -> None:
    rows.write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=r"^INPUT: .*rows\.csv cannot be read as CSV: \S") as error:
        read(str(rows), EXAMPLE)
    assert "\n" not in str(error.value)


def test_a_short_rows_missing_cells_are_gaps(rows: Path) -> None:
    rows.write_text(f"{HEADER}\n007,38\n")
    found = read(str(rows), EXAMPLE)
    assert found.typed.isna().to_numpy().tolist() == [[False, False, True, True]]
    assert found.beside(ANSWERS.head(1)) == f"{HEADER},prediction,probability_1\n007,38,,,1,0.75\n"


def test_a_column_named_like_an_answer_is_named() -> None:
    given = pd.DataFrame({"Age": [38, 4], "probability_1": [0, 1]})
    with pytest.raises(UserError, match=r"^INPUT: .*probability_1"):
        Rows(given, given).beside(ANSWERS)


def test_answers_stand_beside_their_rows_whatever_their_index() -> None:
    given = pd.DataFrame({"Age": [38, 4]}, index=[7, 3])
    answers = ANSWERS.set_axis([0, 7])
    assert Rows(given, given).beside(answers) == "Age,prediction,probability_1\n38,1,0.75\n4,0,0.25\n"


def test_parquet_brings_its_types(tmp_path: Path) -> None:
    table = pd.DataFrame({"Zip": ["007", None], "Age": [38.5, None], "Class": [3, 1], "Sex": ["male", "female"]})
    table.to_parquet(tmp_path / "rows.parquet")
    found = read(str(tmp_path / "rows.parquet"), EXAMPLE)
    pd.testing.assert_frame_equal(found.typed, table, check_dtype=False)
    assert found.beside(ANSWERS) == (f"{HEADER},prediction,probability_1\n007,38.5,3,male,1,0.75\n,,1,female,0,0.25\n")
    table.head(0).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(UserError, match=r"^INPUT: .*none\.parquet .*no rows"):
        read(str(tmp_path / "none.parquet"), EXAMPLE)


@pytest.mark.parametrize("content", [b"", b"Zip,Age\n007,38\n", b"PAR1"], ids=["empty", "CSV", "torn"])
def test_what_is_no_parquet_is_said_on_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rows.parquet").write_bytes(content)
    with pytest.raises(UserError, match=r"^INPUT: .*rows\.parquet cannot be read as Parquet: ") as error:
        read(str(tmp_path / "rows.parquet"), EXAMPLE)
    assert "\n" not in str(error.value)


def test_a_source_is_checked_before_anything_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    check("-")
    check("there.csv")
    with pytest.raises(UserError, match=r"^INPUT: rows\.xlsx is neither \.csv nor \.parquet"):
        check("rows.xlsx")
    for source in ("nowhere.csv", "nowhere.parquet", "folder.csv"):
        with pytest.raises(UserError, match=f"^INPUT: .*{source} .*{tmp_path.name}"):
            check(source)


CELLS = st.text("a1 ,;\t\"'\n.0é#", max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), st.sampled_from((",", ";", "\t")))
def test_every_given_cell_reads_back_from_the_answer(rows: Path, cells: list[tuple[str, str]], separator: str) -> None:
    table = pd.DataFrame([("007", *pair) for pair in cells], columns=["Zip", "Sex", "Note"])
    table.to_csv(rows, index=False, sep=separator)
    found = read(str(rows), EXAMPLE)
    assert found.separator == separator
    answer = found.beside(pd.DataFrame({"prediction": range(len(cells))}))
    again = pd.read_csv(io.StringIO(answer), sep=separator, dtype=str, keep_default_na=False)
    assert again["prediction"].tolist() == [str(i) for i in range(len(cells))]
    pd.testing.assert_frame_equal(again[["Zip", "Sex", "Note"]], table, check_dtype=False)
