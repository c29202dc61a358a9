"""The search with Optuna: its first Sobol points, its grid, what its study stores, and a journal that is cut short."""

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from scipy.stats import qmc

from pipeline.config.experiment import SearchSettings
from pipeline.searches import Search
from pipeline.searches.optuna import check, create
from pipeline.tuning.rungs import Rungs
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int, Space
from pipeline.values.trial import End, Epoch, Outcome, Trial, Verdict

SPACE = Space({"x": Float(-1.0, 1.0), "width": Int(8, 64, step=8), "kind": Choice(("a", "b"))})


def searching(**given: Any) -> SearchSettings:
    return SearchSettings.model_validate({"trials": 20} | given)


def ended(trial: Trial, end: End = End.COMPLETE) -> Outcome:
    value = float(trial.params["x"]) ** 2 if end in (End.COMPLETE, End.STOPPED_EARLY) else None
    return Outcome(trial, trial.params, end, value, trial.epochs, ())


def run(search: Search) -> list[Trial]:
    asked: list[Trial] = []
    while trials := search.ask(1):
        asked.extend(trials)
        search.tell(ended(trials[0]))
    return asked


def study(folder: Path) -> optuna.Study:
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "optuna.journal"))
    return optuna.load_study(study_name="search", storage=optuna.storages.JournalStorage(backend))


@pytest.mark.parametrize(("trials", "start"), [(3, 0), (4, 1), (20, 5), (96, 24), (300, 24)])
def test_tpe_starts_from_a_quarter_of_sobol_points_and_24_at_most(trials: int, start: int, tmp_path: Path) -> None:
    asked = create(SPACE, searching(trials=trials, seed=5), 9, tmp_path).ask(26)
    sobol = [SPACE.at(unit) for unit in qmc.Sobol(3, rng=5).random_base2(5)]
    same = [trial.params == point for trial, point in zip(asked, sobol, strict=False)]
    assert all(same[:start])
    assert not any(same[start:])


def test_grid_covers_every_point_once(tmp_path: Path) -> None:
    space = Space({"x": Float(-1.0, 1.0, points=5), "width": Int(8, 32, step=8), "kind": Choice(("a", "b"))})
    search = create(space, searching(sampler="grid", trials=100), 9, tmp_path)
    points = [tuple(t.params.items()) for t in run(search)]
    assert search.total == len(points) == 40
    assert set(points) == {tuple(point.items()) for point in space.grid()}
    assert points[:8] != [tuple(point.items()) for point in space.grid()][:8]


def test_a_grid_of_a_billion_points_is_not_laid_out(tmp_path: Path) -> None:
    space = Space({name: Int(1, 1000) for name in ("x", "y", "z")})
    asked = create(space, searching(sampler="grid", trials=30), 9, tmp_path).ask(50)
    assert len({tuple(t.params.items()) for t in asked}) == 30


def test_the_study_remembers_the_end_in_peoples_words(tmp_path: Path) -> None:
    search = Rungs(create(SPACE, searching(pruner="rungs"), 9, tmp_path), "val_loss")
    for trial, end in zip(search.ask(4), (End.COMPLETE, End.STOPPED_EARLY, End.PRUNED, End.FAILED), strict=True):
        search.tell(ended(trial, end))
    states = {t.user_attrs["end"]: t.state.name for t in study(tmp_path).trials}
    # the sampler must see trials that rungs pruned as failed: their last value would mislead it
    assert states == {"complete": "COMPLETE", "stopped early": "COMPLETE", "pruned": "FAIL", "failed": "FAIL"}


def test_what_optunas_own_pruner_stops_is_pruned_to_it(tmp_path: Path) -> None:
    search = create(SPACE, searching(pruner="asha"), 9, tmp_path)
    for trial in search.ask(6):
        verdict = search.report(Epoch(trial.number, 1, {"val_loss": float(trial.number)}))
        assert (verdict is Verdict.PRUNE) == (trial.number > 1)
        search.tell(ended(trial, End.COMPLETE if verdict is Verdict.GO_ON else End.PRUNED))
    assert [t.state.name for t in study(tmp_path).trials] == ["COMPLETE"] + ["PRUNED"] * 5


def test_killed_at_any_byte_of_its_journal_it_goes_on(tmp_path: Path) -> None:
    whole = run(create(SPACE, searching(trials=8), 9, tmp_path / "whole"))
    journal = (tmp_path / "whole" / "optuna.journal").read_bytes()
    for cut in np.linspace(0, len(journal), 60, dtype=int):
        folder = tmp_path / f"cut at {cut}"
        folder.mkdir()
        (folder / "optuna.journal").write_bytes(journal[:cut])
        resumed = run(create(SPACE, searching(trials=8), 9, folder))
        assert resumed == whole[len(whole) - len(resumed) :]
        assert sum(t.state.name == "COMPLETE" for t in study(folder).trials) == 8


def test_its_own_epochs_are_a_trials_budget(tmp_path: Path) -> None:
    space = Space({"x": Float(0.0, 1.0), "epochs": Int(5, 50)})
    for trial in create(space, searching(), 50, tmp_path).ask(10):
        assert trial.epochs == trial.params["epochs"]


REAL = Space({"x": Float(0.0, 1.0), "kind": Choice(("a", "b"))})
EPOCHS = Space({"x": Float(0.0, 1.0), "epochs": Int(5, 50)})


@pytest.mark.parametrize(
    ("space", "given", "message"),
    [
        (REAL, {"sampler": "hyperband"}, "optuna has no sampler `hyperband`. keras_tuner has it: write `library = "),
        (REAL, {"sampler": "listed"}, 'listed has it: write `library = "own"`'),
        (REAL, {"sampler": "tpee"}, "Did you mean `tpe`?"),
        (REAL, {"pruner": "medain"}, "Did you mean `median`?"),
        (REAL, {"sampler": "cmaes"}, "cmaes needs two ranges of numbers, and this space has 1."),
        (REAL, {"sampler": "grid"}, "grid needs a list of values for x. Give it `choices`, `step` or `points`."),
        (Space({}), {"sampler": "random"}, "random has nothing to search"),
        (EPOCHS, {"sampler": "cmaes", "pruner": "rungs"}, "search.pruner: rungs does not fit the sampler cmaes"),
        (EPOCHS, {"pruner": "rungs"}, "training.epochs: rungs decides the number of epochs itself"),
        (EPOCHS, {"pruner": "hyperband"}, "training.epochs: hyperband decides the number of epochs itself"),
    ],
)
def test_what_it_cannot_search_is_refused_with_the_mend(space: Space, given: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as error:
        check(space, searching(**given), 50)
    assert message in str(error.value)


def test_hyperband_stops_its_brackets_at_the_epochs_of_their_definition(tmp_path: Path) -> None:
    """By Li et al., Hyperband, 2018, table 1, the brackets for R = 27, η = 3 begin at 1, 3, 9 and 27 epochs."""
    search = create(SPACE, searching(pruner="hyperband", sampler="random", trials=120), 27, tmp_path)
    lasts: list[int] = []
    while trials := search.ask(1):
        (trial,) = trials
        reports = (Epoch(trial.number, e, {"val_loss": float(trial.params["x"]) ** 2}) for e in range(1, 28))
        last = next((e.number for e in reports if search.report(e) is Verdict.PRUNE), None)
        search.tell(ended(trial, End.PRUNED if last else End.COMPLETE))
        lasts.append(last or 27)
    ends = {epochs: lasts.count(epochs) for epochs in sorted(set(lasts))}
    assert set(ends) == {1, 3, 9, 27}
    # most trials are in the bracket that begins at 1, and two thirds of the trials that reach a rung end there
    assert ends[1] > ends[3] > ends[9]
