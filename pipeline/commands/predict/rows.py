"""Rows that a person gives to be predicted, and the same rows with the answers beside them."""

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
    """A table twice: `given` has each cell as it was written, `typed` the numbers and gaps that a model reads."""

    given: "pd.DataFrame"
    typed: "pd.DataFrame"
    separator: str = ","

    def beside(self, answers: "pd.DataFrame") -> str:
        """The given rows with their answers beside them, as CSV."""
        import pandas as pd

        for name in answers:
            if name in self.given:
                raise UserError("INPUT", f"it has a column {name} already.", "Rename or remove it.")
        parts = [self.given.reset_index(drop=True), answers.reset_index(drop=True)]
        text: str = pd.concat(parts, axis=1).to_csv(index=False, sep=self.separator)
        return text


def read(source: str, example: "pd.DataFrame") -> Rows:
    """The rows of a .csv or .parquet file, or of standard input (`-`, CSV); UserError at `INPUT` where there are none.

    `example` shows by its values which columns hold text: there `007` is no number.
    """
    rows = _parquet(Path(source)) if source.endswith(".parquet") else _csv(source, example)
    if rows.typed.empty:
        raise UserError("INPUT", f"{_name(source)} has a header and no rows.", "Give it the rows to predict.")
    return rows


def check(source: str) -> None:
    """UserError at `INPUT` where no rows can come from `source`."""
    if source == STDIN:
        return
    path = Path(source)
    if path.suffix not in (".csv", ".parquet"):
        raise UserError("INPUT", f"{source} is neither .csv nor .parquet.", "`-` reads CSV from standard input.")
    if not path.is_file():
        raise UserError("INPUT", f"there is no file {source} (looked for from {Path.cwd()}).")


def _csv(source: str, example: "pd.DataFrame") -> Rows:
    import pandas as pd

    texts = {name: str for name in example if _is_text(example[name])}
    try:
        content = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
        text = content.decode("utf-8-sig")
        if not text.strip():
            raise UserError("INPUT", f"{_name(source)} is empty.", "Give it a header and the rows to predict.")
        separator = _separator(text, example)
        with warnings.catch_warnings():
            # rows longer than the header: pandas would drop their ends
            warnings.simplefilter("error", pd.errors.ParserWarning)
            how: dict[str, Any] = {"sep": separator, "index_col": False}
            given = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, **how)
            typed = pd.read_csv(StringIO(text), dtype=texts, **how)
    except (ValueError, OSError, pd.errors.ParserWarning) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise UserError("INPUT", f"{_name(source)} cannot be read as CSV: {reason}.", "Mend the file.") from None
    return Rows(given, typed, separator)


def _parquet(path: Path) -> Rows:
    import pandas as pd

    try:
        rows = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise UserError("INPUT", f"{path} cannot be read as Parquet: {error}.", "Mend the file.") from None
    return Rows(rows, rows)


def _separator(text: str, example: "pd.DataFrame") -> str:
    """The separator under which the header has the most of the example's columns."""
    header = text.lstrip().splitlines()[0]

    def found(separator: str) -> int:
        return len(set(next(csv.reader([header], delimiter=separator))) & set(example.columns))

    return max(SEPARATORS, key=found)


def _is_text(column: "pd.Series[Any]") -> bool:
    there = column.dropna()
    return not there.empty and all(isinstance(value, str) for value in there)


def _name(source: str) -> str:
    return "standard input" if source == STDIN else source
