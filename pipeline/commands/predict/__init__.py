"""Predict rows with an experiment's champion."""

import argparse
from pathlib import Path
from typing import Final

from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours
from pipeline.commands.predict.rows import check, read
from pipeline.config import backend, parts
from pipeline.values.errors import UserError

HELP: Final = "predict rows with the champion: write the rows as CSV with predictions and probabilities added"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the experiment, the file of rows, and the file for the predictions."""
    parser.add_argument("experiment", metavar="EXP", help="the experiment's name, or the path of its file")
    parser.add_argument("input", metavar="INPUT", help="a .csv or .parquet file, or - for CSV from standard input")
    parser.add_argument("--output", metavar="OUTPUT", help="a .csv file, instead of standard output")


def run(args: argparse.Namespace) -> int:
    """0 after every row is predicted; UserError if there is no champion or the rows do not fit it."""
    name = Path(args.experiment).name.removesuffix(".toml")
    check(args.input)
    output = _output(args.output)
    try:
        with only_ours(MLRUNS / "logs" / "predict.log") as console:
            backend.prepare("tensorflow")
            champion = parts.tracker().open_archive(MLRUNS).champion(name)
            if champion is None:
                raise UserError(name, "there is no champion yet.", f"Type `make tune EXP={args.experiment}` first.")
            rows = read(args.input, champion.example)
            table = rows.beside(champion.predict(rows.typed))
            if output is None:
                # not through the console, which would wrap lines and interpret markup: another program reads this
                console.file.write(table)
                console.file.flush()
            else:
                output.write_text(table, encoding="utf-8")
                console.print(f"{output}: {len(rows.typed)} rows, by version {champion.version} of {name}'s champion")
    except BrokenPipeError:
        pass  # the program that reads our output, for example `head`, has stopped reading
    return 0


def _output(given: str | None) -> Path | None:
    if given is None:
        return None
    path = Path(given)
    if path.suffix != ".csv":
        raise UserError("OUTPUT", f"{given} is not a .csv file.", "Predictions are written as CSV.")
    if not path.parent.is_dir():
        raise UserError("OUTPUT", f"there is no folder {path.parent}.", "Create it first.")
    return path
