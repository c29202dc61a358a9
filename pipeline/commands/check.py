"""Find what is wrong with an experiment before a search."""

import argparse
from pathlib import Path
from typing import Final

from pipeline import overrides
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.progress import ready
from pipeline.resolve import resolve
from pipeline.terminal import only_ours

HELP: Final = "find what is wrong with an experiment's file and data, without training"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The experiment, and what the command line says instead of its file."""
    parser.add_argument("experiment", metavar="EXP", help="the experiment's name, or the path of its file")
    overrides.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Check the file, then the data; UserError where something is wrong."""
    experiment = resolve(args.experiment, overrides.overrides(args))
    with only_ours(Path("mlruns") / "logs" / "check.log") as console:
        dataset = load(experiment)
        prepared = preprocess(dataset, experiment)
        ready(prepared, console)
        console.print(f"{experiment.file} is right.")
    return 0
