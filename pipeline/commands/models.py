"""List the versions of experiments' models, and which one is the champion."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours, table
from pipeline.config import parts
from pipeline.evaluation.report import NAMES
from pipeline.trackers import ModelRecord

if TYPE_CHECKING:
    from rich.table import Table

HELP: Final = "list the registered versions of an experiment's model, or of all experiments, and the champions"
SHOWN: Final = ("log_loss", "rmse")
"""The metric of the test part that is shown: the first of these that the search has."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the experiment."""
    parser.add_argument("experiment", metavar="EXP", nargs="?", help="the experiment's name, or its file's path")


def run(args: argparse.Namespace) -> int:
    """0 if there is a version, else 1."""
    with only_ours(MLRUNS / "logs" / "models.log") as console:
        archive = parts.tracker().open_archive(MLRUNS)
        named = [Path(args.experiment).name.removesuffix(".toml")] if args.experiment else archive.experiments()
        found = {name: versions for name in sorted(named) if (versions := archive.models(name))}
        if not found:
            of = f"`{named[0]}`" if args.experiment else "any experiment"
            example = f"make tune EXP={args.experiment or 'titanic'}"
            console.print(f"There is no model of {of} yet: `{example}` makes one.", markup=False, soft_wrap=True)
            return 1
        console.print(_table(found))
        for name, versions in found.items():
            if versions[0].decision:
                console.print(f"{name}: {versions[0].decision}", markup=False, soft_wrap=True)
    return 0


def _table(found: dict[str, Sequence[ModelRecord]]) -> "Table":
    made = table("experiment", "version", "", "created", "search", "trial", "confirmed, ± 95 %", "on test rows", left=5)
    for name, versions in found.items():
        for i, version in enumerate(versions):
            made.add_row("" if i else name, *_cells(version), style="bold" if version.champion else "")
    return made


def _cells(version: ModelRecord) -> tuple[str, ...]:
    mark = "champion" if version.champion else ""
    created = time.strftime("%Y-%m-%d %H:%M", time.localtime(version.created))
    trial = "-" if version.trial is None else str(version.trial)
    return version.version, mark, created, version.search or "-", trial, _confirmed(version), _tested(version)


def _confirmed(version: ModelRecord) -> str:
    if version.confirmed is None:
        return "-"
    half = "" if version.half is None else f" ± {version.half:.2g}"
    return f"{version.loss} {version.confirmed:.4g}{half}"


def _tested(version: ModelRecord) -> str:
    known = [(name, version.metrics[f"test/{name}"]) for name in SHOWN if f"test/{name}" in version.metrics]
    return f"{NAMES[known[0][0]]} {known[0][1]:.4g}" if known else "-"
