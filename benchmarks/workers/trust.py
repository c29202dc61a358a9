"""Whole searches on small tables: the test losses of the models that the report compares, and of further ones."""

import time
import tomllib
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomli_w

from benchmarks.configurations import EXPERIMENT
from benchmarks.tables import TABLES, TARGET, floor, pure_noise
from pipeline.config.experiment import Experiment
from pipeline.config.read import EXPERIMENTS, resolve
from pipeline.evaluation.report import Report
from pipeline.evaluation.scores import DECIDING, log_losses
from pipeline.run import run as run_stages
from pipeline.trackers import memory
from pipeline.values.blueprint import Blueprint
from pipeline.values.data import Prepared, Task
from pipeline.values.trial import Leaderboard, Outcome

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PREPROCESS: Final[Mapping[str, Any]] = {"numbers": ["standard", "piecewise"]}
"""`[preprocess]` of the searches."""
SPLIT: Final = {"validation": 0.2, "test": 0.25}
UNTUNED: Final = {"width": 32, "depth": 1, "dropout": 0.0, "optimizer": "adam", "learning_rate": 0.001}
"""`[baseline]`: the family's and Keras's defaults."""
CONFIRMED: Final = "confirmed/value"
OUT_OF_FOLD: Final = "confirmed/loss"
TODAY: Final = "today"
"""The champion of the search alone: the trial with the best validation value, with its kept weights."""
BOOSTERS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "boosting_all": ("sklearn.ensemble", "HistGradientBoosting{}", {"early_stopping": False}),
    "lightgbm": ("lightgbm", "LGBM{}", {"n_jobs": 1, "verbose": -1}),
    "catboost": ("catboost", "CatBoost{}", {"thread_count": 1, "verbose": 0, "allow_writing_files": False}),
}
"""Gradient boosting with its defaults, fitted on the training and the validation part together."""


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A search for each of `seeds`: on the splits of the table `table`, or on tables of pure `noise`.

    `noise` is "classification" or "regression". A split's seed is its search's seed too.
    """
    searches = []
    for seed in task["seeds"]:
        frame = pure_noise(task["noise"], seed) if "noise" in task else TABLES[task["table"]].frame()
        searches.append(_search(_experiment(frame, task, seed, folder), folder))
    return {"searches": searches, "floor": floor(TABLES[task["table"]]) if "table" in task else None}


def _experiment(frame: "pd.DataFrame", task: Mapping[str, Any], seed: int, folder: Path) -> Experiment:
    """A file for one search on the table, with the space of the experiment `titanic`, resolved."""
    table, file = folder / f"table_{seed}.csv", folder / f"trust_{seed}.toml"
    frame.to_csv(table, index=False)
    sections = tomllib.loads((EXPERIMENTS / f"{EXPERIMENT}.toml").read_text("utf-8"))
    sections["data"] = {"source": "csv", "path": str(table), "target": TARGET, "split": {**SPLIT, "seed": seed}}
    sections["preprocess"] = dict(PREPROCESS)
    sections["training"]["epochs"] = task["epochs"]
    sections["search"] |= {"trials": task["trials"], "seed": seed}
    sections["baseline"] = UNTUNED
    file.write_text(tomli_w.dumps(sections), encoding="utf-8")
    return resolve(str(file))


def _search(experiment: Experiment, folder: Path) -> dict[str, Any]:
    """What one search found, and the loss on its test part of every model by name.

    The loss is the log loss, or for a regression the mean squared error of the standardized target. `seen` is the best
    validation loss of the search; `confirmed` is the confirmed loss of the best setting, `out_of_fold` that of the
    champion: None if the report has none. `claims` holds for each other model whether the report says that the
    champion is better in the deciding metric.
    """
    began = time.monotonic()
    mlruns = folder / "mlruns"
    prepared: Prepared | None = None
    blueprint: Blueprint | None = None

    def begin(models: Blueprint, data: Prepared, _: object) -> None:
        nonlocal blueprint, prepared
        blueprint, prepared = models, data

    finished = run_stages(experiment, memory.create(mlruns), mlruns, begin)
    report, best = finished.report, finished.leaderboard.best
    if report is None or best is None or blueprint is None or prepared is None:
        raise RuntimeError(f"{experiment.file}: no trial of the search has a value")
    task = prepared.dataset.task
    metric = "standardized_mse" if task is Task.REGRESSION else "log_loss"
    test = prepared.open_test()
    further = {
        TODAY: _kept(finished.leaderboard, best, blueprint, test.x),
        **_boosted(prepared, test.x, experiment.search.seed),
    }
    return {
        "task": task.value,
        "rows": len(prepared.dataset.target),
        "seen": best.value,
        "confirmed": report.metrics.get(CONFIRMED),
        "out_of_fold": _out_of_fold(report),
        "losses": {
            **{row.name: row.scores[metric].value for row in report.test},
            **{name: loss(task, test.y, answers) for name, answers in further.items()},
        },
        "claims": claims(report, task),
        "seconds": time.monotonic() - began,
    }


def claims(report: Report, task: Task) -> dict[str, bool]:
    """For each model but the champion: whether the report says that the champion beats it in the deciding metric."""
    deciding = DECIDING[task][0]
    return {c.name: c.beats for c in report.comparisons if c.metric == deciding}


def _out_of_fold(report: Report) -> float | None:
    """The loss of the rows by those of the champion's models that did not train on them, in units of the losses."""
    found, champion = report.metrics.get(OUT_OF_FOLD), report.test[0].scores
    if found is None or "rmse" not in champion:
        return found
    return found * champion["standardized_mse"].value / champion["rmse"].value ** 2


def loss(task: Task, truth: "np.ndarray", answers: "np.ndarray") -> float:
    """The log loss of probabilities (rows, classes), or the mean squared error of standardized values (rows,)."""
    import numpy as np

    if task is Task.REGRESSION:
        return float(np.mean((answers - truth) ** 2))
    return float(np.mean(log_losses(truth, answers)))


def _kept(leaderboard: Leaderboard, best: Outcome, blueprint: Blueprint, x: "np.ndarray") -> "np.ndarray":
    """The answers of the search's best trial with its kept weights."""
    import numpy as np

    network = blueprint.answering(blueprint.settings(best.trial.params))
    network.set_weights(list(leaderboard.fitted[best.number].weights))
    found = np.asarray(network.predict(x, batch_size=1024, verbose=0), np.float64)
    return found if blueprint.output.units > 1 else found[:, 0]


def _boosted(prepared: Prepared, x: "np.ndarray", seed: int) -> "dict[str, np.ndarray]":
    """The answers of each kind of gradient boosting that is installed."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    classes = len(prepared.transform.classes)
    parts = (prepared.train, prepared.validation)
    known_x, known_y = np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts])
    answers = {}
    for name, (package, kind, settings) in BOOSTERS.items():
        if find_spec(package.partition(".")[0]) is None:
            continue
        model = getattr(import_module(package), kind.format("Classifier" if classes else "Regressor"))
        # on a busy machine, boosting's threads wait for each other
        with threadpool_limits(1):
            fitted = model(random_state=seed, **settings).fit(known_x, known_y)
            answers[name] = np.asarray(fitted.predict_proba(x) if classes else fitted.predict(x), np.float64)
    return answers
