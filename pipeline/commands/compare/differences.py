"""The differences between compared trials: settings, costs and results."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pipeline.commands.compare.selection import SelectedTrial, Selection, values
from pipeline.evaluation.report import CHAMPION_TRIAL, NAMES, unconfirmed
from pipeline.figures.labels import number
from pipeline.values.confirmed import mean_and_error
from pipeline.values.trial import BASELINE

if TYPE_CHECKING:
    import pandas as pd

NOTHING: Final = "-"
ERROR: Final = ", standard error"
"""The end of the name of a column with standard errors; the rest of the name is that of the column with the means."""
LABELS: Final = ("trial", "number", "run")
"""The columns that identify a trial; all other columns describe it."""


def table(selection: Selection) -> "pd.DataFrame":
    """A row for each trial: its names, search, value, confirmed value, costs, settings that differ, and test scores.

    The test scores of a search are in the row of its best trial; those of the untuned model are in the row of its
    baseline.
    """
    import pandas as pd

    settings = _differing(selection)
    objectives = list(dict.fromkeys(t.search.summary.objective for t in selection.trials))
    rows = [
        {
            "trial": title,
            "search": t.search.summary.identity,
            "searched by": t.search.summary.title,
            "number": t.record.number,
            "run": t.record.run,
            **{name: t.record.value if name == t.search.summary.objective else None for name in objectives},
            **_confirmed(t, objectives),
            "end": t.record.end.value if t.record.end else None,
            "best epoch": t.record.best_epoch,
            "epochs run": t.record.epochs,
            "seconds": sum(t.record.seconds.values()),
            "parameters": t.record.parameters,
            **{name: t.record.settings.get(name) for name in settings},
            **_tested(t),
        }
        for title, t in zip(selection.titles, selection.trials, strict=True)
    ]
    return pd.DataFrame(rows).astype({"best epoch": "Int64"})


def lines(selection: Selection) -> list[tuple[str, list[str]]]:
    """The table turned for reading: for each property its name and a cell for each trial.

    A standard error is in the cell of its mean. Properties that no trial has are left out. The search is named only if
    there are several searches.
    """
    found = table(selection)
    said = [name for name in found if name not in LABELS and not found[name].isna().all()]
    if len(selection.searches) == 1:
        said = [name for name in said if name not in ("search", "searched by")]
    return [(name, _cells(found, name)) for name in map(str, said) if not name.endswith(ERROR)]


def settings(trial: SelectedTrial, selection: Selection) -> list[str]:
    """A trial's values of the settings that differ within the selection, as one text for each setting."""
    names = _differing(selection)
    return [f"{name} = {_cell(trial.record.settings[name])}" for name in names if name in trial.record.settings]


def _differing(selection: Selection) -> list[str]:
    names = dict.fromkeys(name for t in selection.trials for name in t.record.settings)
    return [name for name in names if len({t.record.settings.get(name) for t in selection.trials}) > 1]


def _tested(trial: SelectedTrial) -> dict[str, float]:
    """A trial's scores on the test part, if its search measured them.

    Those of a confirmed champion belong to several trials. So the best confirmed trial has the mean of its own models.
    """
    metrics = trial.search.summary.metrics
    confirmed = CHAMPION_TRIAL in metrics and not unconfirmed(metrics)
    best = trial.search.ranked[0].number if trial.search.ranked else None
    if trial.record.number == BASELINE:
        prefix = "baseline/untuned/"
    elif trial.record.number == (metrics[CHAMPION_TRIAL] if confirmed else best):
        prefix = "single/" if confirmed else "test/"
    else:
        return {}
    return {f"test {title}": metrics[prefix + name] for name, title in NAMES.items() if prefix + name in metrics}


def _confirmed(trial: SelectedTrial, objectives: Sequence[str]) -> dict[str, float | None]:
    """For each objective, the mean over the trial's folds and its standard error; None where there are none."""
    found: dict[str, float | None] = {}
    for name in objectives:
        measured = trial.folds and name == trial.search.summary.objective
        mean, error = mean_and_error(values(trial.folds)) if measured else (None, None)
        found |= {f"confirmed {name}": mean, f"confirmed {name}{ERROR}": error}
    return found


def _cells(found: "pd.DataFrame", name: str) -> list[str]:
    cells = [_cell(value) for value in found[name]]
    if name + ERROR not in found:
        return cells
    errors = found[name + ERROR]
    return [cell if math.isnan(error) else f"{cell} ± {error:.2g}" for cell, error in zip(cells, errors, strict=True)]


def _cell(value: Any) -> str:
    """A value as text; numbers, also those given as text, are rounded to four digits."""
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
