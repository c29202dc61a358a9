"""Stage 5: score the champion beside the baselines on the test part, once; then have the champion registered."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.config.experiment import Experiment
from pipeline.evaluation import champion
from pipeline.evaluation.baselines import TITLES, Predict, baselines, omitted
from pipeline.evaluation.report import CHAMPION, Comparison, Report, Row
from pipeline.evaluation.scores import DECIDING, Scores, advantage, counts, scores, standardized
from pipeline.figures import confusion
from pipeline.figures.pages import page
from pipeline.trackers import Tracker
from pipeline.values.blueprint import Blueprint, summary
from pipeline.values.data import Arrays, Prepared, Task
from pipeline.values.events import ChampionRegistered, FileAttached, SearchMeasured
from pipeline.values.trial import BASELINE, Leaderboard, Outcome

if TYPE_CHECKING:
    import keras
    import numpy as np

UNTUNED: Final = "untuned"
WITH_ARTICLE: Final = {UNTUNED: "the ", "dummy": "the "}
NO_TEST: Final = (
    "The file asks for no test part (`data.split.test` is 0): how good the champion is on new rows was not measured."
)


def evaluate(  # noqa: PLR0913  all that the search leaves behind
    leaderboard: Leaderboard,
    blueprint: Blueprint,
    prepared: Prepared,
    experiment: Experiment,
    tracker: Tracker,
    folder: Path,
    *,
    promote: bool = False,
) -> Report:
    """The report of a search, recorded with its files and its champion; nothing else opens the test part.

    Files are written into `report/` and `champion/` of `folder`, which is the search's own folder. With `promote`, the
    champion replaces the experiment's present one in any case. ValueError if no trial has a value.
    """
    (folder / "report").mkdir(parents=True, exist_ok=True)
    best = leaderboard.best
    if best is None:
        raise ValueError("no trial of the search has a value: there is nothing to evaluate")
    network = _network(leaderboard, blueprint, best)
    # the vectorized engine makes no Keras model of a trial, so the summaries of these two are written here
    (folder / "report" / "champion_model.txt").write_text(summary(network), encoding="utf-8")
    models = {CHAMPION: _predict(network, prepared)}
    about = f"trial {best.number}, {best.end.value}, weights of epoch {best.best_epoch}"
    report = Report(f"{experiment.name}: champion is {about}")
    if len(prepared.validation):
        on_validation = score(models, prepared.validation, prepared, experiment.search.seed)
        report = replace(report, validation=on_validation[CHAMPION].table())
    if len(prepared.split.test):
        if leaderboard.baseline and BASELINE in leaderboard.fitted:
            untuned = _network(leaderboard, blueprint, leaderboard.baseline)
            (folder / "report" / "baseline_model.txt").write_text(summary(untuned), encoding="utf-8")
            models[UNTUNED] = _predict(untuned, prepared)
        models |= baselines(prepared, experiment.search.seed)
        report = _tested(report, models, prepared, experiment.search.seed, folder / "report")
        report = replace(report, notes=omitted(prepared))
    else:
        report = replace(report, notes=(NO_TEST,))
    _record(report, tracker, folder / "report")
    champion.write(folder / "champion", network, prepared)
    tracker.record(ChampionRegistered(folder / "champion", best.number, promote))
    return report


def score(models: Mapping[str, Predict], rows: Arrays, prepared: Prepared, seed: int) -> dict[str, Scores]:
    """Each model's scores on prepared rows, all from the same resamples; for a regression also the scaled target's MSE.

    The training of a regression minimizes this MSE.
    """
    predicted = {name: predict(rows.x) for name, predict in models.items()}
    found = scores(prepared.dataset.task, _truth(rows, prepared), predicted, seed)
    if prepared.dataset.task is not Task.REGRESSION:
        return found
    return {name: standardized(of, prepared.transform.scale) for name, of in found.items()}


def _tested(report: Report, models: Mapping[str, Predict], prepared: Prepared, seed: int, folder: Path) -> Report:
    """The report with the models' scores on the test part; the champion's confusion matrix is drawn into `folder`."""
    rows = prepared.open_test()
    found = score(models, rows, prepared, seed)
    task = prepared.dataset.task
    titles = {CHAMPION: CHAMPION, UNTUNED: "untuned baseline", **TITLES[task]}
    comparisons = [
        Comparison(metric, WITH_ARTICLE.get(name, "") + titles[name], advantage(found[CHAMPION], found[name], metric))
        for metric in DECIDING[task]
        for name in models
        if name != CHAMPION
    ]
    if prepared.transform.classes:
        confused = counts(rows.y, models[CHAMPION](rows.x))
        title = "Confusion matrix of the champion"
        labels = prepared.transform.classes
        page(folder / "confusion_matrix.html", title, [confusion.interactive(confused, labels, title)])
        confusion.picture(confused, labels, title, folder / "confusion_matrix.png")
    test = tuple(Row(name, titles[name], found[name].table()) for name in models)
    return replace(report, test=test, comparisons=tuple(comparisons), count=len(rows))


def _record(report: Report, tracker: Tracker, folder: Path) -> None:
    (folder / "report.md").write_text(report.text(), encoding="utf-8")
    report.table().to_csv(folder / "scores.csv", index=False)
    for path in sorted(folder.iterdir()):
        tracker.record(FileAttached(path))
    verdicts = "; ".join(comparison.sentence for comparison in report.comparisons)
    tracker.record(SearchMeasured(report.metrics, {"verdict": verdicts} if verdicts else {}))


def _network(leaderboard: Leaderboard, blueprint: Blueprint, outcome: Outcome) -> "keras.Model":
    network = blueprint.answering(blueprint.settings(outcome.trial.params))
    network.set_weights(list(leaderboard.fitted[outcome.number].weights))
    return network


def _predict(network: "keras.Model", prepared: Prepared) -> Predict:
    return partial(champion.predict, network, transform=prepared.transform)


def _truth(rows: Arrays, prepared: Prepared) -> "np.ndarray":
    import numpy as np

    transform = prepared.transform
    return rows.y if transform.classes else rows.y.astype(np.float64) * transform.scale + transform.mean
