"""Find what is wrong with an experiment before a search."""

import argparse
from typing import TYPE_CHECKING, Final

from pipeline import backend, overrides
from pipeline.checks import Finding, Level, only, show
from pipeline.commands import MLRUNS
from pipeline.load import load
from pipeline.preprocess import preprocess
from pipeline.resolve import resolve
from pipeline.terminal import only_ours, ready
from pipeline.trial import TrialFailed

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.data import Prepared
    from pipeline.experiment import Experiment

HELP: Final = "find what is wrong with an experiment, its data and its models, and what its search will cost"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The experiment, and what the command line says instead of its file."""
    parser.add_argument("experiment", metavar="EXP", help="the experiment's name, or the path of its file")
    overrides.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0, with warnings too, or 2 where an error is found; no run is opened."""
    experiment = resolve(args.experiment, overrides.overrides(args))
    with only_ours(MLRUNS / "logs" / "check.log") as console:
        prepared = preprocess(load(experiment), experiment)
        ready(prepared, console)
        from pipeline.checks import table

        # said at once: Keras takes seconds to import
        found = table.look(prepared)
        show(found, console)
        found += _trained(experiment, prepared, console)
        console.print(f"{experiment.file} {_verdict(found)}.", markup=False)
    return 2 if only(Level.ERROR, found) else 0


def _trained(experiment: "Experiment", prepared: "Prepared", console: "Console") -> list[Finding]:
    """What Keras and the search's library have to say."""
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
            Level.WARNING, "time", f"cannot be measured, since a model amid the space fails: {failure.reason}"
        )
    show([last], console)
    return [*found, last]


def _verdict(found: list[Finding]) -> str:
    errors, warnings = (len(only(level, found)) for level in (Level.ERROR, Level.WARNING))
    if errors:
        return f"has {errors} {'error' if errors == 1 else 'errors'}"
    if warnings:
        return f"is right, with {warnings} {'warning' if warnings == 1 else 'warnings'}"
    return "is right"
