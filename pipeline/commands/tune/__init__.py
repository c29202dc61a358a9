"""Search the settings of an experiment, score the winner, and log every trial."""

import argparse
from typing import TYPE_CHECKING, Final

from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours
from pipeline.commands.tune import retrain, several
from pipeline.config import overrides, parts
from pipeline.config.read import resolve
from pipeline.tuning.clock import STARTED

if TYPE_CHECKING:
    from pipeline.tuning.study import Study
    from pipeline.values.blueprint import Blueprint
    from pipeline.values.data import Prepared

HELP: Final = "search an experiment's settings, score the winner, and log every trial"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the experiment, and the options that replace values of its file."""
    parser.add_argument(
        "experiment", metavar="EXP", help="the experiment's name, or its file's path; names separated by commas; or all"
    )
    parser.add_argument("--new", action="store_true", help="start a new search, even if an earlier one could continue")
    parser.add_argument(
        "--retrain", action="store_true", help="train the winner of the latest search again, with the other options"
    )
    parser.add_argument(
        "--confirm",
        action="store_true",
        help="search nothing: confirm the best settings of the latest search, however long that takes",
    )
    parser.add_argument(
        "--promote", action="store_true", help="make the winner the experiment's champion, even if it is worse"
    )
    overrides.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 with a champion, 1 if no trial has a value, 130 after Ctrl-C; for several experiments the highest code."""
    given = overrides.overrides(args)
    chosen = several.names(args.experiment, given)
    if len(chosen) > 1:
        flags = [f"--{flag}" for flag in ("new", "retrain", "confirm", "promote") if getattr(args, flag)]
        return _several(chosen, [*overrides.words(args), *flags])
    experiment = resolve(chosen[0], given)
    if args.retrain:
        experiment = resolve(chosen[0], {**given, **retrain.overrides(experiment, MLRUNS)})
    log = MLRUNS / "logs" / f"{experiment.name}.log"
    with only_ours(log) as console:
        from pipeline.checks import raise_first, rehearsal, table, warn
        from pipeline.commands.tune.progress import ProgressTracker
        from pipeline.commands.tune.summary import show
        from pipeline.run import Wish
        from pipeline.run import run as run_stages

        tracker = parts.tracker()
        progress_tracker = ProgressTracker(tracker.create(MLRUNS), console, experiment)

        def begin(blueprint: "Blueprint", prepared: "Prepared", study: "Study") -> None:
            progress_tracker.begin(prepared, study, again=args.confirm)
            found = table.look(prepared)
            if not study.past:
                found += rehearsal.rehearse(experiment, blueprint, prepared, MLRUNS)[0]
            raise_first(found, experiment.file)
            warn(found, console, args.experiment)

        wish = Wish(args.new, args.confirm, args.promote, STARTED)
        finished = run_stages(experiment, progress_tracker, MLRUNS, begin, wish)
        show(finished, console, tracker.TITLE)
    if finished.leaderboard.interrupted:
        return several.INTERRUPTED
    return 0 if finished.leaderboard.best is not None else 1


def _several(chosen: list[str], words: list[str]) -> int:
    codes = several.run(chosen, words)
    archive = parts.tracker().open_archive(MLRUNS)
    with only_ours(MLRUNS / "logs" / "all.log") as console:
        console.print()
        console.print(several.table(codes, archive))
    return max(codes.values())
