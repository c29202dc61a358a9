"""Files that compare selected trials: an HTML page, a PNG of each chart, and a table as CSV."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from pipeline.commands.compare.differences import lines, settings, table
from pipeline.commands.compare.selection import PastSearch, Selection
from pipeline.figures import chart
from pipeline.figures.comparison import Course, Curve, colours, compared, courses, measured
from pipeline.figures.confirmed import confirmed
from pipeline.figures.pages import METRICS, page
from pipeline.values.errors import UserError, nearest
from pipeline.values.trial import BASELINE

PAGE: Final = "compare.html"
PICTURE: Final = "compare.png"
"""One picture with the first chart of curves, the first of confirmed curves, and those of the best value so far."""
STYLE: Final = """
p { margin: 24px 16px 8px; font-size: 16px; line-height: 1.5 }
table { border-collapse: collapse; margin: 8px 16px 40px; font-size: 14px }
th, td { padding: 5px 14px; border-bottom: 1px solid #e4e7eb; text-align: right; font-weight: normal }
th:first-child { text-align: left; color: #52606d }
thead th { border-bottom: 2px solid #1f2933; font-weight: bold; vertical-align: bottom }
i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px }
"""


def write(selection: Selection, metrics: Sequence[str], folder: Path) -> Path:
    """The path of the page that compares a selection, written into `folder`.

    `folder` also gets a PNG of each chart, one PNG of the main charts, and the table as CSV. The charts show the loss
    and `metrics` (without `metrics`: the usual ones, `METRICS`), the same of the trainings that confirmed trials, and
    each search's best value so far. UserError for a metric that no trial has.
    """
    by_metric = _curves(selection, metrics)
    curves = {f"curves_{metric}": made for metric, made in by_metric.items()}
    bands = {f"confirmed_{metric}": made for metric, made in _confirmed(selection, list(by_metric)).items()}
    best = {f"best_so_far_{objective}": made for objective, made in _courses(selection).items()}
    folder.mkdir(parents=True)
    charts = {**curves, **bands, **best}
    for name, made in charts.items():
        chart.picture(folder / f"{name}.png", made)
    chart.picture(folder / PICTURE, *[*curves.values()][:1], *[*bands.values()][:1], *best.values())
    table(selection).to_csv(folder / "table.csv", index=False)
    figures = [chart.interactive(made) for made in charts.values()]
    title = f"Comparison of {len(selection.trials)} trials"
    above = f"<p>{escape(selection.verdict)}</p>" if selection.verdict else ""
    page(folder / PAGE, title, figures, above=f"<style>{STYLE}</style>{above}", below=_html(selection))
    return folder / PAGE


def new_folder(mlruns: Path, experiment: str) -> Path:
    """The folder for the next comparison of an experiment; it does not exist yet."""
    folder = mlruns / "comparisons"
    taken = [int(path.name.rpartition("-")[2]) for path in folder.glob(f"{experiment}-*")]
    return folder / f"{experiment}-{max(taken, default=0) + 1}"


def _curves(selection: Selection, metrics: Sequence[str]) -> dict[str, chart.Chart]:
    curves = [curve for curve, _ in _drawn(selection)]
    known = measured(curves)
    asked = [metric.removeprefix("val_") for metric in metrics]
    for metric in asked:
        if metric not in known:
            raise UserError("compare, METRIC", f"none of these trials has a `{metric}`.", nearest(metric, known))
    shown = dict.fromkeys(["loss", *asked] if asked else METRICS)
    return {metric: compared(curves, metric) for metric in shown if metric in known}


def _confirmed(selection: Selection, metrics: Sequence[str]) -> dict[str, chart.Chart]:
    """A chart of each metric's curves on the folds, of the trials that were confirmed; none if no trial was."""
    trials = [folds for _, folds in _drawn(selection) if folds]
    known = measured([curve for folds in trials for curve in folds])
    return {metric: confirmed(trials, metric) for metric in metrics if metric in known}


def _drawn(selection: Selection) -> list[tuple[Curve, list[Curve]]]:
    """Each trial as it is drawn: its curve, and its curves on the folds that confirmed it."""
    drawn = []
    for title, colour, trial in zip(selection.titles, _colours(selection), selection.trials, strict=True):
        about = "<br>".join([title, *settings(trial, selection)])
        whole, *folds = [Curve(title, colour, r.curve, r.best_epoch, about) for r in (trial.record, *trial.folds)]
        drawn.append((whole, folds))
    return drawn


def _courses(selection: Selection) -> dict[str, chart.Chart]:
    """A chart of the best value so far for each objective: different objectives cannot share an axis."""
    # a search has the colour of its first trial
    pairs = reversed(list(zip(selection.trials, _colours(selection), strict=True)))
    by_search = {trial.search.summary.identity: colour for trial, colour in pairs}
    by_objective: dict[str, list[Course]] = {}
    # a search of one trial (retrained or listed) is a single point: if all searches are like this, draw no chart
    several = any(search.trials > 1 for search in selection.searches)
    for search in selection.searches if several else ():
        course = _course(search, by_search[search.summary.identity])
        by_objective.setdefault(search.summary.objective, []).append(course)
    return {objective: courses(found, objective) for objective, found in by_objective.items()}


def _course(search: PastSearch, colour: str) -> Course:
    values = {record.number: record.value for record in search.records if record.value is not None}
    baseline = values.pop(BASELINE, None)
    last = max((record.number for record in search.records), default=1)
    title = f"{search.summary.title}, {search.summary.identity}"
    return Course(title, colour, tuple(values.items()), last, baseline)


def _colours(selection: Selection) -> list[str]:
    return colours([t.record.number for t in selection.trials])


def _html(selection: Selection) -> str:
    heads = [
        f'<th><i style="background: {colour}"></i>{"<br>".join(map(escape, t.heading))}</th>'
        for colour, t in zip(_colours(selection), selection.trials, strict=True)
    ]
    rows = [
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, cells in lines(selection)
    ]
    head = f"<thead><tr><th></th>{''.join(heads)}</tr></thead>"
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"
