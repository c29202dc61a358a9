"""Compare trials and searches of the past on one page."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.commands import MLRUNS
from pipeline.commands._terminal import only_ours, table
from pipeline.config import parts
from pipeline.trackers import ComparisonPage
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.commands.compare.selection import Selection

HELP: Final = "compare trials, searches or experiments: their curves on one page, and what differs between them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to compare; by default: best, median, baseline and the winners of earlier searches."""
    parser.add_argument("experiment", metavar="EXP", nargs="?", default="", help="the experiment's name")
    listed = "separated by commas"
    parser.add_argument("--runs", type=_words, default=(), help=f"numbers, SEARCH/NUMBER or MLflow run ids, {listed}")
    parser.add_argument("--a", default="", metavar="SEARCH", help="a search: latest, latest-1, … or its identity")
    parser.add_argument("--b", default="", metavar="SEARCH", help="another search")
    parser.add_argument("--exps", type=_words, default=(), help=f"experiments whose winners are compared, {listed}")
    parser.add_argument("--metric", type=_words, default=(), help=f"metrics to draw as well as the loss, {listed}")


def run(args: argparse.Namespace) -> int:
    """0 after the page is written; UserError if a name is not found."""
    experiment = args.experiment or next(iter(args.exps), "")
    if not experiment:
        raise UserError("compare, EXP", "no experiment is named.", "Type `make compare EXP=titanic`.")
    with only_ours(MLRUNS / "logs" / "compare.log") as console:
        from pipeline.commands.compare import page
        from pipeline.commands.compare.selection import Request, Selector

        tracker = parts.tracker()
        searches = tuple(word for word in (args.a, args.b) if word)
        request = Request(experiment, args.runs, searches, args.exps)
        selection = Selector(tracker.open_archive(MLRUNS)).select(request)
        written = page.write(selection, args.metric, page.new_folder(MLRUNS, experiment))
        links = tracker.attach(MLRUNS, _comparison(selection, experiment, written))
        console.print(_table(selection))
        if selection.verdict:
            console.print(f"\n{selection.verdict}", markup=False, soft_wrap=True)
        console.print(f"\nThe page:  {written.absolute().as_uri()}", markup=False, soft_wrap=True)
        for address in links.addresses.values():
            console.print(f"In {tracker.TITLE}: {address} (`make ui` starts it)", markup=False, soft_wrap=True)
    return 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _comparison(selection: "Selection", experiment: str, page: Path) -> ComparisonPage:
    trials = " ".join(f"{t.search.summary.identity}/{t.record.number}" for t in selection.trials)
    title = f"compare {len(selection.trials)} trials of {' '.join(s.summary.identity for s in selection.searches)}"
    return ComparisonPage(experiment, title, {"trials": trials}, page)


def _table(selection: "Selection") -> "Table":
    from pipeline.commands.compare.differences import lines

    made = table("", *("\n".join(trial.heading) for trial in selection.trials))
    for name, cells in lines(selection):
        made.add_row(name, *cells)
    return made
