"""Confirm the best settings of the latest search on new folds, however long it takes."""

import argparse
from typing import TYPE_CHECKING, Final

from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours, ready
from pipeline.commands.tune import several
from pipeline.config import overrides, parts
from pipeline.config.read import resolve
from pipeline.tuning.clock import STARTED

if TYPE_CHECKING:
    from pipeline.tuning.study import Study
    from pipeline.values.blueprint import Blueprint
    from pipeline.values.data import Prepared

HELP: Final = "confirm the best settings of the latest search on new folds, and make the champion of them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the experiment, and the options that replace values of its file: the same as those of the search."""
    parser.add_argument("experiment", metavar="EXP", help="the experiment's name, or its file's path")
    overrides.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 with a champion, 1 if no trial has a value, 130 after Ctrl-C; UserError if there is no such search."""
    experiment = resolve(args.experiment, overrides.overrides(args))
    with only_ours(MLRUNS / "logs" / f"{experiment.name}.log") as console:
        from pipeline.commands.tune.progress import ProgressTracker
        from pipeline.commands.tune.summary import show
        from pipeline.run import Wish
        from pipeline.run import run as run_stages

        tracker = parts.tracker()

        def begin(blueprint: "Blueprint", prepared: "Prepared", study: "Study") -> None:  # noqa: ARG001
            ready(prepared, console)
            console.print(f"{study.identity}: {len(study.past)} trials", markup=False)

        recorded = ProgressTracker(tracker.create(MLRUNS), console, experiment)
        finished = run_stages(experiment, recorded, MLRUNS, begin, Wish(again=True, typed=STARTED))
        show(finished, console, tracker.TITLE)
    if finished.leaderboard.interrupted:
        return several.INTERRUPTED
    return 0 if finished.leaderboard.best is not None else 1
