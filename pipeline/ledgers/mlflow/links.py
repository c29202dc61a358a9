"""Addresses in MLflow's UI that go straight to the point."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final
from urllib.parse import quote

UI = "http://127.0.0.1:5000"
"""Where `make ui` listens."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where a search lies in MLflow: ids of its experiment, its parent run and its best trials' runs, best first."""

    experiment: str
    run: str
    objective: str
    best: tuple[str, ...] = ()


def addresses(place: Place, tracking: str | None) -> Mapping[str, str]:
    """A title and an address each, under the tracking server's own address if `tracking` is one."""
    root = tracking.rstrip("/") if tracking and tracking.startswith(("http://", "https://")) else UI
    listed = runs(root, place.experiment)
    found = {"runs": listed, "charts": f"{listed}?compareRunsMode=CHART", "search": f"{listed}/{place.run}"}
    if place.best:
        title = f"curves of the best {_word(len(place.best))}" if len(place.best) > 1 else "curves of the best"
        found[title] = f"{root}/#/metric?{_curves(place)}"
    return found


def runs(root: str, experiment: str) -> str:
    """The address of an experiment's runs in the UI at `root`."""
    return f"{root}/#/experiments/{experiment}/runs"


def _curves(place: Place) -> str:
    # the metric page reads every one of these with JSON.parse and shows an error where one is missing
    values = {
        "runs": json.dumps(place.best, separators=(",", ":")),
        "metric": json.dumps(place.objective),
        "experiments": json.dumps([place.experiment]),
        "plot_metric_keys": json.dumps([place.objective]),
        "plot_layout": "{}",
        "x_axis": "step",
        "y_axis_scale": "linear",
        "line_smoothness": "1",
        "show_point": "false",
        "deselected_curves": "[]",
        "last_linear_y_axis_range": "[]",
    }
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())


def _word(count: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five"}[count]
