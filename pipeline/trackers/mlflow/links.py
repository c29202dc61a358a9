"""Addresses of a search's pages in MLflow's UI."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final
from urllib.parse import quote

from pipeline.trackers.mlflow import store
from pipeline.trackers.mlflow.ui_view import only
from pipeline.values.trial import Direction

UI = "http://127.0.0.1:5000"
"""The address of `make ui`, unless the port is taken."""

ANNOUNCED = "ui.address"
"""The name of the file that holds the address of `make ui` while it runs."""

VIEW = "machine_learning"
"""The part of the UI that shows training; by default the UI opens on the other part, GenAI."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where a search lies in MLflow: ids of its experiment, its parent run and its best trials' runs, best first.

    `view` is the key of the view in which the UI shows its trials; empty if there is none yet.
    """

    experiment: str
    run: str
    objective: str
    best: tuple[str, ...] = ()
    view: str = ""


def root(folder: Path) -> str:
    """The address of the UI for a folder's runs: the tracking server's, else that of `make ui`."""
    announced = folder / ANNOUNCED
    return store.server(folder) or (announced.read_text() if announced.is_file() else UI)


@contextmanager
def announced(folder: Path, address: str) -> Iterator[None]:
    """Inside this context, `address` is announced in the folder, so that `root` finds it."""
    file = folder / ANNOUNCED
    file.write_text(address)
    try:
        yield
    finally:
        # a second UI for the same folder may have announced its own address since
        if file.is_file() and file.read_text() == address:
            file.unlink()


def addresses(place: Place, root: str) -> Mapping[str, str]:
    """The addresses of a search's pages in the UI at `root`, by title."""
    listed = f"{root}/#/experiments/{place.experiment}/runs"
    # the UI uses a view only if nothing else in the address says what to show
    shown = (
        {"viewStateShareKey": place.view}
        if place.view
        else {
            "searchFilter": only(place.run),
            "orderByKey": "metrics.`value`",
            "orderByAsc": str(Direction.of(place.objective) is Direction.MINIMIZE).lower(),
        }
    )
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in {"workflowType": VIEW, **shown}.items())
    found = {
        "search": f"{listed}/{place.run}?workflowType={VIEW}",
        "runs, best first": f"{listed}?{asked}",
        "charts": f"{listed}?{asked}&compareRunsMode=CHART",
    }
    if place.best:
        title = f"curves of the best {_word(len(place.best))}" if len(place.best) > 1 else "curves of the best"
        found[title] = f"{root}/#/metric?{_curves(place)}"
    return found


def runs(root: str, experiment: str) -> str:
    """The address of an experiment's runs in the UI at `root`."""
    return f"{root}/#/experiments/{experiment}/runs?workflowType={VIEW}"


def artifact(root: str, experiment: str, run: str, name: str) -> str:
    """The address of one of a run's files in the UI at `root`; the page lists the run's other files too."""
    return f"{root}/#/experiments/{experiment}/runs/{run}/artifacts/{name}?workflowType={VIEW}"


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
        "workflowType": VIEW,
    }
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())


def _word(count: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five"}[count]
