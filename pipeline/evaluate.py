"""Stage 5: confirm the search's best settings, make the champion of their models, score it once on the test part."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.evaluation import champion, contenders, finalists
from pipeline.evaluation.baselines import omitted
from pipeline.evaluation.finalists import Finalists
from pipeline.evaluation.report import CHAMPION_CONFIRMED, CHAMPION_TRIAL, ConfirmedRow, Report
from pipeline.evaluation.scores import counts
from pipeline.figures import confusion
from pipeline.figures.pages import page
from pipeline.preprocess import folded
from pipeline.trackers import Tracker
from pipeline.tuning import confirmation
from pipeline.tuning.clock import Clock
from pipeline.tuning.confirmation import Confirmation, Confirmer, Plan
from pipeline.tuning.study import Study
from pipeline.values.blueprint import Blueprint, summary
from pipeline.values.confirmed import ConfirmedSetting
from pipeline.values.data import Prepared
from pipeline.values.errors import UserError
from pipeline.values.events import ChampionRegistered, FileAttached, SearchMeasured
from pipeline.values.trial import Leaderboard, Outcome

NO_TEST: Final = (
    "The file asks for no test part (`data.split.test` is 0): how good the champion is on new rows was not measured."
)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """A search that ended, with its models, its data and its study."""

    leaderboard: Leaderboard
    blueprint: Blueprint
    prepared: Prepared
    experiment: Experiment
    study: Study


def evaluate(
    searched: Searched,
    tracker: Tracker,
    clock: Clock,
    *,
    deadline: float = math.inf,
    always: bool = False,
    promote: bool = False,
) -> Report | None:
    """The report of a search, recorded with its files and its champion; nothing else opens the test part.

    The best settings are confirmed first, as `[evaluate]` says, until `deadline` on the monotonic clock; with `always`,
    even if that takes longer than the search. None if Ctrl-C came before the end of that: the next run goes on. Files
    are written into `report/` and `champion/` of the study's folder. `clock` gets the phases confirm and evaluate.
    With `promote`, the champion replaces the experiment's present one in any case. ValueError if no trial has a value.
    """
    board, experiment = searched.leaderboard, searched.experiment
    best = board.best
    if best is None:
        raise ValueError("no trial of the search has a value: there is nothing to evaluate")
    with clock.phase("confirm"):
        plan = confirmation.plan(board, experiment, len(searched.prepared.train), always=always)
        confirmed, note = _confirmed(plan, searched, tracker, deadline)
    if confirmed is not None and confirmed[0].interrupted:
        return None
    with clock.phase("evaluate"):
        if confirmed is None:
            chosen = finalists.of_search(board, best, searched.blueprint, searched.prepared)
            what = f"trial {best.number}, {best.end.value}, weights of epoch {best.best_epoch}, unconfirmed"
            report = Report(experiment.name, what, (best.number,), notes=(note,), measured={CHAMPION_CONFIRMED: 0.0})
        else:
            chosen, report = _of_folds(*confirmed, note)
            report = replace(report, luck=_luck(best, searched, confirmed[0]))
        home = searched.study.folder / "champion"
        champion.write(home, chosen.model, chosen.prepared, chosen.confirmed)
        report = _recorded(report, chosen, searched, tracker)
        if chosen.confirmed is not None:
            tracker.record(FileAttached(home / champion.CONFIRMED))
        tracker.record(ChampionRegistered(home, report.trials[0], promote))
        return report


def _confirmed(
    plan: Plan, searched: Searched, tracker: Tracker, deadline: float
) -> tuple[tuple[Confirmation, Confirmer] | None, str]:
    """What confirmed the search and by whom, and a note for readers; None if no setting was trained on all folds."""
    if not plan.candidates:
        return None, plan.note
    experiment = searched.experiment
    try:
        joined = folded(searched.prepared, experiment, plan.folds, confirmation.cut_seed(experiment.search.seed))
    except UserError as error:
        return None, f"No setting is confirmed: {error.problem}"
    own = confirmation.opened(searched.study)
    confirmer = Confirmer(build(experiment, joined), joined, experiment, tracker, own)
    # a search on folds has no other champion, so it waits for the confirmation
    found = confirmer.confirm(plan, deadline if experiment.search.folds == 1 else math.inf)
    if not found.settings and not found.interrupted and experiment.search.folds > 1:
        problem = f"none of the best settings could be trained on all {plan.folds} folds, so there is no champion."
        raise UserError(f"{experiment.file}, evaluate", problem, "Raise `evaluate.confirm`, or search on one fold.")
    if not found.settings and not found.interrupted:
        note = f"The champion is unconfirmed: none of the best settings was trained on all {plan.folds} folds. "
        return None, note + confirmation.way_out(experiment)
    return (found, confirmer), plan.note


def _of_folds(found: Confirmation, by: Confirmer, note: str) -> tuple[Finalists, Report]:
    """The finalists of confirmed settings, and the report so far."""
    asked, alone = by.experiment.evaluate, found.refit
    notes = [note] if note else []
    if alone is not None and alone.value is not None:
        settings = found.settings[:1]
        chosen = finalists.of_folds(settings, found.baseline, by.blueprint, by.folded, by.study.weights)
        model = finalists.network(by.blueprint, alone, by.study.weights)
        chosen = replace(chosen, model=model, members=(model,))
        what = f"{settings[0].name}, trained on all rows but the test part for {len(alone.curve)} epochs"
    else:
        settings = found.settings[: asked.best]
        chosen = finalists.of_folds(settings, found.baseline, by.blueprint, by.folded, by.study.weights)
        what = f"the average of {len(chosen.members)} models: {_names(settings)} on {len(by.folded.folds)} folds"
        if alone is not None:
            notes.append(
                f"The best setting could not be trained on all rows, so the champion is an average: {alone.reason}"
            )
    rows = [ConfirmedRow(setting.name, setting.measured) for setting in found.settings]
    rows += [ConfirmedRow("untuned", found.baseline.measured)] if found.baseline is not None else []
    measured = {"confirmed/value": settings[0].value, "confirmed/error": settings[0].error}
    measured |= {CHAMPION_TRIAL: float(settings[0].number), CHAMPION_CONFIRMED: 1.0}
    if chosen.confirmed is not None:
        measured["confirmed/loss"] = chosen.confirmed.loss
    trials = tuple(setting.number for setting in settings)
    report = Report(by.experiment.name, what, trials, confirmed=tuple(rows), measured=measured)
    return chosen, replace(report, notes=tuple(notes))


def _names(settings: Sequence[ConfirmedSetting]) -> str:
    if len(settings) == 1:
        return settings[0].name
    return f"trials {', '.join(str(s.number) for s in settings[:-1])} and {settings[-1].number}"


def _luck(best: Outcome, searched: Searched, found: Confirmation) -> str:
    """How much the best value of the search owes to luck, in a sentence; empty if its trial was not confirmed."""
    setting = next((s for s in found.settings if s.number == best.number), None)
    if setting is None or best.value is None:
        return ""
    board, prepared = searched.leaderboard, searched.prepared
    rows = f"{len(prepared.validation)} rows"
    if searched.experiment.search.folds > 1:
        rows = f"{searched.experiment.search.folds} folds of {len(prepared.train) + len(prepared.validation)} rows"
    return (
        f"Best of {len(board.outcomes)} trials on {rows}: {board.objective} {best.value:.3f} ({setting.name}); "
        f"confirmed on {len(setting.folds)} new folds: {setting.value:.3f} ± {setting.error:.3f}."
    )


def _recorded(report: Report, chosen: Finalists, searched: Searched, tracker: Tracker) -> Report:
    """The whole report, with its files written into `report/` and recorded."""
    folder = searched.study.folder / "report"
    folder.mkdir(parents=True, exist_ok=True)
    report = _scored(_sized(report, chosen), chosen, searched.experiment.search.seed, folder)
    _record(report, chosen, tracker, folder)
    return report


def _sized(report: Report, chosen: Finalists) -> Report:
    """The report with the sizes of the champion and of a single model; in words too, if the champion has several."""
    sizes = chosen.sizes()
    notes = report.notes
    if len(chosen.members) > 1:
        said = "; ".join(
            f"{words} {sizes[f'{name}/parameters']:,.0f} parameters, {sizes[f'{name}/ms_per_row']:.2g} ms a row"
            for name, words in {"champion": "The champion has", "single": "one of its models"}.items()
        )
        notes = (*notes, f"{said}.")
    return replace(report, measured={**report.measured, **sizes}, notes=notes)


def _scored(report: Report, chosen: Finalists, seed: int, folder: Path) -> Report:
    """The report with scores: of all models on the test part, and of an unconfirmed champion on the validation part."""
    prepared = chosen.prepared
    task, scale = prepared.dataset.task, prepared.transform.scale
    if chosen.confirmed is None and len(prepared.validation):
        truth = prepared.transform.truth(prepared.validation)
        rivals = [contenders.champion(chosen, prepared.validation)]
        report = replace(report, validation=contenders.rows(task, truth, rivals, seed, scale)[0].scores)
    if not len(prepared.split.test):
        return replace(report, notes=(*report.notes, NO_TEST))
    rows = prepared.open_test()
    truth = prepared.transform.truth(rows)
    rivals = contenders.all_of(chosen, rows, seed)
    if prepared.transform.classes:
        confused = counts(rows.y, rivals[0].prediction)
        title, labels = "Confusion matrix of the champion", prepared.transform.classes
        page(folder / "confusion_matrix.html", title, above=confusion.html(confused, labels, title))
        confusion.picture(confused, labels, title, folder / "confusion_matrix.png")
    return replace(
        report,
        test=contenders.rows(task, truth, rivals, seed, scale),
        comparisons=contenders.comparisons(task, truth, rivals),
        count=len(rows),
        notes=(*report.notes, *omitted(prepared)),
    )


def _record(report: Report, chosen: Finalists, tracker: Tracker, folder: Path) -> None:
    # the vectorized engine makes no Keras model of a trial, so the summaries of these two are written here
    (folder / "champion_model.txt").write_text(summary(chosen.model), encoding="utf-8")
    if chosen.untuned:
        (folder / "baseline_model.txt").write_text(summary(chosen.untuned[0]), encoding="utf-8")
    (folder / "report.md").write_text(report.text(), encoding="utf-8")
    report.table().to_csv(folder / "scores.csv", index=False)
    for path in sorted(folder.iterdir()):
        tracker.record(FileAttached(path))
    verdicts = "; ".join(comparison.sentence for comparison in report.comparisons)
    tags = {"champion": report.champion} | ({"verdict": verdicts} if verdicts else {})
    tracker.record(SearchMeasured(report.metrics, tags))
