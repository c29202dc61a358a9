"""Reads the rows that a user wants predicted, and writes them again with the predictions added."""

import csv
import sys
import warnings
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.values.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

STDIN: Final = "-"
SEPARATORS: Final = (",", ";", "\t")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The same table twice: `given` has each cell as it was written, `typed` has numbers and gaps for a model."""

    given: "pd.DataFrame"
    typed: "pd.DataFrame"
    separator: str = ","

    def beside(self, answers: "pd.DataFrame") -> str:
        """The given rows with the columns of `answers` added, as CSV; UserError at `INPUT` if one exists already."""
        import pandas as pd

        for name in answers:
            if name in self.given:
                raise UserError("INPUT", f"the rows already have a column {name}.", "Rename or remove it.")
        parts = [self.given.reset_index(drop=True), answers.reset_index(drop=True)]
        text: str = pd.concat(parts, axis=1).to_csv(index=False, sep=self.separator)
        return text


def read(source: str, example: "pd.DataFrame") -> Rows:
    """The rows of a .csv or .parquet file, or of standard input (`-`, CSV); UserError at `INPUT` if there are none.

    The values of `example` show which columns hold text: in such a column, `007` is not read as a number.
    """
    rows = _parquet(Path(source)) if source.endswith(".parquet") else _csv(source, example)
    if rows.typed.empty:
        raise UserError("INPUT", f"{_name(source)} has a header but no rows.", "Add the rows to predict.")
    return rows


def check(source: str) -> None:
    """UserError at `INPUT` unless `source` is `-` or an existing .csv or .parquet file."""
    if source == STDIN:
        return
    path = Path(source)
    if path.suffix not in (".csv", ".parquet"):
        raise UserError("INPUT", f"{source} is neither .csv nor .parquet.", "`-` reads CSV from standard input.")
    if not path.is_file():
        raise UserError("INPUT", f"there is no file {source} (the current folder is {Path.cwd()}).")


def _csv(source: str, example: "pd.DataFrame") -> Rows:
    import pandas as pd

    texts = {name: str for name in example if _is_text(example[name])}
    try:
        content = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
        text = content.decode("utf-8-sig")
        if not text.strip():
            raise UserError("INPUT", f"{_name(source)} is empty.", "Add a header and the rows to predict.")
        separator = _separator(text, example)
        with warnings.catch_warnings():
            # if a row is longer than the header, pandas only warns and drops the row's end
            warnings.simplefilter("error", pd.errors.ParserWarning)
            how: dict[str, Any] = {"sep": separator, "index_col": False}
            given = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, **how)
            typed = pd.read_csv(StringIO(text), dtype=texts, **how)
    except (ValueError, OSError, pd.errors.ParserWarning) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise UserError("INPUT", f"{_name(source)} cannot be read as CSV: {reason}.", "Correct the file.") from None
    return Rows(given, typed, separator)


def _parquet(path: Path) -> Rows:
    import pandas as pd

    try:
        rows = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise UserError("INPUT", f"{path} cannot be read as Parquet: {error}.", "Correct the file.") from None
    return Rows(rows, rows)


def _separator(text: str, example: "pd.DataFrame") -> str:
    """The separator with which the header has the most columns of the example."""
    header = text.lstrip().splitlines()[0]

    def found(separator: str) -> int:
        return len(set(next(csv.reader([header], delimiter=separator))) & set(example.columns))

    return max(SEPARATORS, key=found)


def _is_text(column: "pd.Series[Any]") -> bool:
    there = column.dropna()
    return not there.empty and all(isinstance(value, str) for value in there)


def _name(source: str) -> str:
    return "standard input" if source == STDIN else source
