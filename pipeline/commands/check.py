"""Find problems in an experiment before a search."""

import argparse
from typing import TYPE_CHECKING, Final

from pipeline.checks import Finding, Level, only, show
from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours, ready
from pipeline.config import backend, overrides
from pipeline.config.read import resolve
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.values.trial import TrialFailed

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config.experiment import Experiment
    from pipeline.values.data import Prepared

HELP: Final = "find problems in an experiment, its data and its models, and estimate what its search will cost"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the experiment, and the options that replace values of its file."""
    parser.add_argument("experiment", metavar="EXP", help="the experiment's name, or the path of its file")
    overrides.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 if there are no errors (warnings are allowed), else 2; nothing is recorded in MLflow."""
    experiment = resolve(args.experiment, overrides.overrides(args))
    with only_ours(MLRUNS / "logs" / "check.log") as console:
        prepared = preprocess(load(experiment), experiment)
        ready(prepared, console)
        from pipeline.checks import table

        # print these first: Keras takes seconds to import
        found = table.look(prepared) + table.folds(experiment, prepared.split, prepared.dataset.task)
        show(found, console)
        found += _trained(experiment, prepared, console)
        console.print(f"{experiment.file} {_verdict(found)}.", markup=False)
    return 2 if only(Level.ERROR, found) else 0


def _trained(experiment: "Experiment", prepared: "Prepared", console: "Console") -> list[Finding]:
    """The findings for which Keras and the search's library are needed; they are printed as they are found."""
    from pipeline.build import build
    from pipeline.checks import costs, rehearsal
    from pipeline.run import backend_of

    backend.prepare(backend_of(experiment))
    blueprint = build(experiment, prepared)
    found, planned = rehearsal.rehearse(experiment, blueprint, prepared, MLRUNS)
    show(found, console)
    if only(Level.ERROR, found):
        return found
    try:
        last = costs.duration(experiment, planned, costs.pace(blueprint, prepared, experiment))
    except TrialFailed as failure:
        last = Finding(
            Level.WARNING, "time", f"cannot be measured: a model in the middle of the space fails: {failure.reason}"
        )
    show([last], console)
    return [*found, last]


def _verdict(found: list[Finding]) -> str:
    errors, warnings = (len(only(level, found)) for level in (Level.ERROR, Level.WARNING))
    if errors:
        return f"has {errors} {'error' if errors == 1 else 'errors'}"
    if warnings:
        return f"has no errors, but {warnings} {'warning' if warnings == 1 else 'warnings'}"
    return "passes all checks"
