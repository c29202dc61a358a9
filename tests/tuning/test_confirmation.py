"""Which settings are trained again after a search, and that each of these trainings happens once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.build import build
from pipeline.config.experiment import Experiment
from pipeline.preprocess import folded
from pipeline.tuning import confirmation
from pipeline.tuning.confirmation import FREE, Confirmer, Plan, plan
from pipeline.tuning.study import Study
from pipeline.values.confirmed import ConfirmedSetting
from pipeline.values.data import Prepared
from pipeline.values.events import TrialEnded, TrialStarted
from pipeline.values.trial import BASELINE, Confirms, End, Epoch, Leaderboard, Outcome, Trial
from tests.conftest import Make
from tests.tuning.test_loop import PARAMS, Notes

ROWS = 500


def outcome(number: int, value: float | None, *, width: int = 0, epochs: int = 10, parameters: int = 100) -> Outcome:
    """An outcome with a width of its own, unless one is given."""
    params = {**PARAMS, "width": width or 8 + number}
    curve = tuple(Epoch(number, e, {"val_loss": value or 1.0}) for e in range(1, epochs + 1))
    end = End.FAILED if value is None else End.COMPLETE
    return Outcome(Trial(number, params, number, 100), params, end, value, 3, curve, parameters=parameters)


def board(*outcomes: Outcome, baseline: float | None = 0.9, parameters: int = 100) -> Leaderboard:
    return Leaderboard.of("val_loss", list(outcomes), outcome(BASELINE, baseline, parameters=parameters), {})


def eight(parameters: int = 100) -> Leaderboard:
    """Eight trials, the last one the best."""
    return board(*(outcome(n, 1 / n, parameters=parameters) for n in range(1, 9)), parameters=parameters)


@pytest.fixture
def confirmed(titanic: Make) -> Experiment:
    return titanic({"evaluate.confirm": 6})


def test_the_six_best_different_settings_and_the_baseline_are_trained_on_four_folds(confirmed: Experiment) -> None:
    twin = outcome(9, 0.2, width=16)  # the settings of trial 8, a little worse
    made = plan(board(*eight().outcomes, twin, outcome(10, None)), confirmed, ROWS)
    assert [o.number for o in made.candidates] == [8, 7, 6, 5, 4, 3]
    trials = made.trials(seed=7)
    assert [t.confirms.trial for t in trials[::4] if t.confirms] == [8, 7, 6, BASELINE, 5, 4, 3]
    assert [t.fold for t in trials[:5]] == [0, 1, 2, 3, 0]
    assert len({t.seed for t in trials} | {o.trial.seed for o in made.candidates}) == 28 + 6
    assert len({t.number for t in trials}) == 28
    assert all(t.number < 0 and t.epochs == 100 for t in trials)
    assert made.note == ""


def test_a_baseline_without_a_value_is_left_out(confirmed: Experiment) -> None:
    made = plan(board(outcome(1, 0.5), baseline=None), confirmed, ROWS)
    assert [o.number for o in made.settings] == [1]


@pytest.mark.parametrize(
    ("work", "candidates", "folds"),
    # a training is 10 epochs, and the whole plan 28 of them; the search's eight allow three more trainings for nothing
    [(28, 6, 4), (27, 3, 4), (16, 3, 4), (15, 3, 3), (12, 3, 3), (11, 0, 0)],
)
def test_what_takes_too_long_is_made_smaller_and_said(
    work: int, candidates: int, folds: int, confirmed: Experiment
) -> None:
    parameters = int(FREE / (work * 10 * ROWS))
    made = plan(eight(parameters), confirmed, ROWS)
    assert (len(made.candidates), made.folds) == (candidates, folds)
    if not candidates:
        assert "`make confirm EXP=titanic`" in made.note
    else:
        assert made.note.startswith(f"To save time only {candidates} settings") == (candidates < 6)
    assert len(plan(eight(parameters), confirmed, ROWS, always=True).candidates) == 6


def test_a_third_of_a_long_search_is_allowed_for_its_confirmation(confirmed: Experiment) -> None:
    heavy = int(FREE / ROWS)
    many = [outcome(n, n / 100, parameters=heavy) for n in range(1, 85)]
    assert len(plan(board(*many, parameters=heavy), confirmed, ROWS).candidates) == 6
    assert len(plan(board(*many[:-1], parameters=heavy), confirmed, ROWS).candidates) == 3


def test_a_search_on_folds_has_a_plan_whatever_it_takes(titanic: Make) -> None:
    heavy = int(FREE)
    made = plan(eight(heavy), titanic({"evaluate.confirm": 6, "search.folds": 2}), ROWS)
    assert (len(made.candidates), made.folds) == (3, 3)


def test_without_a_wish_or_without_validation_rows_nothing_is_confirmed_and_it_is_said(titanic: Make) -> None:
    assert plan(eight(), titanic({"evaluate.confirm": 0}), ROWS) == Plan(
        note="`evaluate.confirm` is 0, so the champion is not confirmed: it may owe much to luck."
    )
    experiment = titanic({"evaluate.confirm": 6})
    split = experiment.data.split.model_copy(update={"validation": 0.0})
    without = experiment.model_copy(update={"data": experiment.data.model_copy(update={"split": split})})
    assert "`data.split.validation` is 0" in plan(eight(), without, ROWS).note


def test_a_folds_figures_are_read_at_the_epoch_that_the_other_folds_chose() -> None:
    curves = [[5.0, 3.0, 4.0, 6.0], [7.0, 6.0, 5.0, 1.0], [9.0, 2.0]]
    for name, sign in (("val_loss", 1), ("val_accuracy", -1)):
        folds = []
        for fold, values in enumerate(curves):
            of = Confirms(7, fold, 3)
            curve = tuple(Epoch(of.number, e, {name: sign * value}) for e, value in enumerate(values, 1))
            trial = Trial(of.number, PARAMS, 1, 9, confirms=of)
            folds.append(Outcome(trial, PARAMS, End.STOPPED_EARLY, sign * min(values), 2, curve))
        setting = ConfirmedSetting(outcome(7, 0.3), tuple(folds), name)
        # the last fold stays at 2: the others are best at epochs 4, 2 and, where it had stopped, 4
        assert setting.value == pytest.approx(sign * (6 + 6 + 2) / 3)


def test_a_settings_value_is_the_mean_over_its_folds_with_its_standard_error() -> None:
    folds = []
    for fold, (value, epoch) in enumerate([(0.4, 3), (0.5, 4), (0.6, 8)]):
        of = Confirms(7, fold, 3)
        curve = tuple(Epoch(of.number, e, {"loss": 0.1, "val_loss": value}) for e in range(1, 9))
        folds.append(Outcome(Trial(of.number, PARAMS, 1, 9, confirms=of), PARAMS, End.COMPLETE, value, epoch, curve))
    setting = ConfirmedSetting(outcome(7, 0.3), tuple(folds), "val_loss")
    assert setting.value == pytest.approx(0.5)
    assert setting.error == pytest.approx(0.1 / 3**0.5)
    assert setting.epochs == 5
    assert setting.measured["val_loss"] == pytest.approx((0.5, 0.1 / 3**0.5))
    assert list(setting.measured) == ["val_loss"]
    assert folds[1].trial.name == "trial 7, fold 2 of 3"


SHORT = {"evaluate.confirm": 2, "evaluate.folds": 2, "training.epochs": 3, "training.batch_size": 128}


def confirmer(experiment: Experiment, joined: Prepared, folder: Path, notes: Notes) -> Confirmer:
    return Confirmer(build(experiment, joined), joined, experiment, notes, confirmation.opened(Study.at(folder)))


def started(notes: Notes) -> list[int]:
    return [e.trial.number for e in notes.events if isinstance(e, TrialStarted)]


@pytest.fixture
def short(titanic: Make) -> Experiment:
    return titanic(SHORT)


@pytest.fixture
def joined(prepared: Prepared, short: Experiment) -> Prepared:
    return folded(prepared, short, 2, 7)


def two() -> Plan:
    trials = [outcome(1, 0.5, width=8), outcome(2, 0.4, width=8)]
    trials = [replace(o, trial=replace(o.trial, params={**PARAMS, "dropout": o.number / 10})) for o in trials]
    return Plan(tuple(trials), outcome(BASELINE, 0.9, width=8), 2)


def values(settings: Sequence[ConfirmedSetting]) -> list[tuple[int, float]]:
    return [(s.number, s.value) for s in settings]


@pytest.mark.slow
def test_what_is_interrupted_goes_on_without_training_anything_twice(
    short: Experiment, joined: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, first, second = Notes(), Notes(), Notes()
    expected = confirmer(short, joined, tmp_path / "whole", whole).confirm(two())
    assert not expected.interrupted
    assert len(started(whole)) == 6

    class Killed(Exception):
        """Stands for a kill: it comes from the tracker after two trainings."""

    record = first.record

    def dying(event: object) -> None:
        record(event)  # type: ignore[arg-type]
        if sum(isinstance(e, TrialEnded) for e in first.events) == 3:
            raise Killed

    monkeypatch.setattr(first, "record", dying)
    with pytest.raises(Killed):
        confirmer(short, joined, tmp_path / "killed", first).confirm(two())
    found = confirmer(short, joined, tmp_path / "killed", second).confirm(two())
    assert len(started(second)) == 4  # two had their outcomes on disk
    assert values(found.settings) == values(expected.settings)
    assert found.baseline is not None
    assert expected.baseline is not None
    assert found.baseline.value == expected.baseline.value


@pytest.mark.slow
def test_trainings_that_the_time_limit_ended_start_anew(short: Experiment, joined: Prepared, tmp_path: Path) -> None:
    notes = Notes()
    found = confirmer(short, joined, tmp_path, notes).confirm(two(), deadline=0.0)
    assert found.settings == ()
    assert found.baseline is None
    again = confirmer(short, joined, tmp_path, Notes()).confirm(two())
    assert len(again.settings) == 2


@pytest.mark.slow
def test_a_setting_is_refitted_on_all_rows_for_the_folds_mean_number_of_epochs(
    titanic: Make, joined: Prepared, tmp_path: Path
) -> None:
    single = titanic({**SHORT, "evaluate.champion": "single"})
    by = confirmer(single, joined, tmp_path, Notes())
    confirmed = by.confirm(two())
    setting, found = confirmed.settings[0], confirmed.refit
    assert found is not None
    assert len(found.curve) == setting.epochs
    assert found.number in by.study.weights
    assert not any(name.startswith("val_") for name in found.curve[0].metrics)
    assert found.trial.name.endswith("all rows")
    again = Notes()
    assert confirmer(single, joined, tmp_path, again).confirm(two()).refit == found
    assert started(again) == []


def test_the_confirmation_keeps_all_its_weights(tmp_path: Path) -> None:
    assert confirmation.opened(Study.at(tmp_path)).kept is None
    assert Study.at(tmp_path).kept is not None
