"""How MLflow's UI shows a search at first: the best trials on top, searched settings as columns, the curves first.

By default, the UI's list shows neither values nor settings, and bars of `best/…` stand above the curves. A view is the
UI's own state as JSON, stored as a tag of the experiment; a link names the view's key.
"""

import json
from collections.abc import Collection
from typing import Any, Final

from pipeline.trackers.mlflow.runs import KIND, PARENT
from pipeline.values.events import SearchRecord
from pipeline.values.trial import FOLD_SD, Direction

TAG: Final = "mlflow.sharedViewState."
"""The beginning of the tag's name; the view's key follows, which is here the search's identity."""
COLUMNS: Final = 12
CHARTS: Final = 6
"""At most this number of columns and charts: a tag holds 5000 characters."""
HIDDEN: Final = ("best", "seconds", FOLD_SD.removesuffix("/"))
"""Sections that start folded, if they have metrics; each is named by the beginning of its metrics' names."""


def state(search: SearchRecord, parent: str, metrics: Collection[str]) -> str:
    """The view of a search whose trials have these metrics."""
    varied = [name.removeprefix("space/") for name, value in search.settings.items() if _varies(name, value)]
    return json.dumps(
        {
            "searchFilter": only(parent),
            "orderByKey": "metrics.`value`",
            "orderByAsc": Direction.of(search.objective) is Direction.MINIMIZE,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "datasetsFilter": [],
            "modelVersionFilter": "All Runs",
            "selectedColumns": ["metrics.`value`", "metrics.`epochs`", *(f"params.`{name}`" for name in varied)][
                :COLUMNS
            ],
            "runsExpanded": {},
            "runsPinned": [],
            "runsHidden": [],
            "runsHiddenMode": "FIRST_10_RUNS",
            # the UI keeps the order of the sections only if it takes it for one that a person chose
            "isAccordionReordered": True,
            "compareRunCharts": [_chart(name) for name in _first(search.objective, metrics)],
            "compareRunSections": [
                _section("Model metrics", display=True),
                *(_section(name, display=False) for name in HIDDEN if any(m.startswith(f"{name}/") for m in metrics)),
            ],
        },
        separators=(",", ":"),
    )


def only(parent: str) -> str:
    """The filter for a search's trials: the UI folds nested runs at first, but not if a filter names their parent."""
    return f'tags.`{PARENT}` = "{parent}" and tags.{KIND} = "trial"'


def _varies(name: str, value: str) -> bool:
    return name.startswith("space/") and value.startswith(("{", "["))


def _first(objective: str, metrics: Collection[str]) -> list[str]:
    """The metrics to draw: the objective on both parts, then the losses, then what else is measured on both parts."""
    both = sorted(name for name in metrics if f"val_{name}" in metrics)
    names = [objective, objective.removeprefix("val_"), "val_loss", "loss"]
    names += [part for name in both for part in (f"val_{name}", name)]
    return [name for name in dict.fromkeys(names) if name in metrics][:CHARTS]


def _chart(metric: str) -> dict[str, Any]:
    return {
        "uuid": metric,
        "type": "LINE",
        "runsCountToCompare": 10,
        "metricSectionId": "Model metrics",
        "deleted": False,
        "isGenerated": False,
        "displayName": metric,
        "metricKey": metric,
        "lineSmoothness": 0,
        "displayPoints": False,
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "range": {},
        "xAxisKey": "step",
        "selectedXAxisMetricKey": "",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "ignoreOutliers": False,
        "useGlobalXaxisKey": True,
        "useGlobalLineSmoothing": True,
    }


def _section(name: str, *, display: bool) -> dict[str, Any]:
    words = {"uuid": name, "name": name, "display": display, "isReordered": True, "deleted": False}
    return {**words, "isGenerated": not display, "columns": 2}
