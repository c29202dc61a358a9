"""In what compared trials differ: settings, what they took, and what they came to."""

from typing import TYPE_CHECKING, Any, Final

from pipeline.figures.words import number
from pipeline.report import NAMES
from pipeline.selection import Chosen, Selection
from pipeline.trial import BASELINE

if TYPE_CHECKING:
    import pandas as pd

NOTHING: Final = "-"
LABELS: Final = ("trial", "number", "run")
"""Columns that name a trial; the others say something of it."""


def table(selection: Selection) -> "pd.DataFrame":
    """A row for each trial: its names, search, value, what it took, the settings that differ, its search's test scores.

    A test score stands in the row of its search's best trial and, measured on the untuned model, of its baseline.
    """
    import pandas as pd

    settings = _differing(selection)
    objectives = list(dict.fromkeys(t.search.about.objective for t in selection.trials))
    rows = [
        {
            "trial": title,
            "search": t.search.about.identity,
            "searched by": t.search.about.title,
            "number": t.line.number,
            "run": t.line.run,
            **{name: t.line.value if name == t.search.about.objective else None for name in objectives},
            "end": t.line.end.value if t.line.end else None,
            "best epoch": t.line.best_epoch,
            "epochs run": t.line.epochs,
            "seconds": sum(t.line.seconds.values()),
            "parameters": t.line.parameters,
            **{name: t.line.settings.get(name) for name in settings},
            **_tested(t),
        }
        for title, t in zip(selection.titles, selection.trials, strict=True)
    ]
    return pd.DataFrame(rows).astype({"best epoch": "Int64"})


def lines(selection: Selection) -> list[tuple[str, list[str]]]:
    """The same for reading: a line for each thing said, with a cell for each trial.

    What search a trial is of is said where there are several.
    """
    found = table(selection)
    said = [name for name in found if name not in LABELS and not found[name].isna().all()]
    if len(selection.searches) == 1:
        said = [name for name in said if name not in ("search", "searched by")]
    return [(str(name), [_cell(value) for value in found[name]]) for name in said]


def settings(trial: Chosen, selection: Selection) -> list[str]:
    """The settings of a trial that differ within the selection, a line each."""
    names = _differing(selection)
    return [f"{name} = {_cell(trial.line.settings[name])}" for name in names if name in trial.line.settings]


def _differing(selection: Selection) -> list[str]:
    names = dict.fromkeys(name for t in selection.trials for name in t.line.settings)
    return [name for name in names if len({t.line.settings.get(name) for t in selection.trials}) > 1]


def _tested(trial: Chosen) -> dict[str, float]:
    if trial.line.number == BASELINE:
        prefix = "baseline/untuned/"
    elif trial.search.ranked[:1] and trial.search.ranked[0].number == trial.line.number:
        prefix = "test/"
    else:
        return {}
    metrics = trial.search.about.metrics
    return {f"test {title}": metrics[prefix + name] for name, title in NAMES.items() if prefix + name in metrics}


def _cell(value: Any) -> str:
    """A value in four digits, numbers that came as text too."""
    if value is None or value != value:  # noqa: PLR0124  NaN
        return NOTHING
    try:
        return str(int(str(value)))
    except ValueError:
        pass
    try:
        return number(float(value))
    except ValueError:
        return str(value)
