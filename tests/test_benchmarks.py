"""The benchmarks' pure parts: what everybody trains, and how figures become tables."""

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import ratios
from benchmarks.command import phases
from benchmarks.configurations import configurations, plain
from benchmarks.ours import Timed
from benchmarks.processes import LOG, WorkerFailed, cores, descendants, measured, run, spent
from benchmarks.sections import trust
from benchmarks.sections.arithmetic import useful_operations
from benchmarks.sections.command import scaled
from benchmarks.sections.quality import interval
from benchmarks.sections.titanic import quarters, spread
from benchmarks.sizes import FULL
from benchmarks.spread import Spread
from benchmarks.table import Results, Section, Table
from benchmarks.tables import TABLES, TARGET, floor, pure_noise
from benchmarks.workers._by_hand import stopped_early
from benchmarks.workers.quality import with_evaluation
from benchmarks.workers.trust import claims, loss
from pipeline.config.read import resolve
from pipeline.evaluation.report import Comparison, Report, Row
from pipeline.evaluation.scores import Score
from pipeline.trackers import memory
from pipeline.tune import _limits
from pipeline.values.data import Task
from pipeline.values.events import DatasetRecord, SearchRecord, TrialEnded, TrialStarted
from pipeline.values.trial import BASELINE, End, Outcome, Trial


def test_the_configurations_lie_in_the_space_and_are_the_same_each_time() -> None:
    drawn = configurations(FULL.configurations)
    space = plain().space
    assert len(drawn) == 64
    assert all(space.holds(params) for params in drawn)
    assert drawn == configurations(FULL.configurations)
    assert drawn[:4] == configurations(4)
    assert {params["depth"] for params in drawn} == {1, 2, 3, 4}


def test_every_competitor_is_given_the_same_space_as_the_file_says() -> None:
    space = plain().space
    assert space.at([0.0] * 4) == {"width": 8, "depth": 1, "dropout": 0.0, "learning_rate": pytest.approx(1e-4)}
    assert space.at([1.0] * 4) == {"width": 128, "depth": 4, "dropout": 0.5, "learning_rate": pytest.approx(1e-1)}


def test_a_ratio_is_as_wide_as_both_spreads_allow() -> None:
    slow, quick = Spread(90.0, 100.0, 120.0), Spread.of([4.0, 2.0, 2.5])
    assert slow.over(quick) == Spread(22.5, 40.0, 60.0)
    assert slow.over(quick).text() == "40 (22.5 to 60)"
    assert Spread.of([0.25]).text(1000) == "250"


def test_a_run_is_spread_over_its_quarters() -> None:
    told = [11.0, 12.0, 13.0, 14.0, 16.0, 18.0, 19.0, 20.0]
    assert quarters(10.0, told) == [8.0, 8.0, 16.0, 8.0]
    run = {"warm": 10.0, "cold": 15.0, "quarters": quarters(10.0, told)}
    assert spread([run], "warm") == Spread(8.0, 10.0, 16.0)
    assert spread([run], "cold") == Spread(13.0, 15.0, 21.0)
    assert spread([run, {**run, "warm": 12.0}], "warm") == Spread(10.0, 11.0, 12.0)


def test_confirmations_are_no_trials_of_the_search(tmp_path: Path) -> None:
    timed = Timed(memory.create(tmp_path), tmp_path, "fit")
    timed.open(SearchRecord("s", "e", "t", "val_loss", {}, {}, {}, DatasetRecord("d", "s", "", 1, "t", {})))
    for number in (BASELINE, 1, 2, -1):
        trial = Trial(number, {}, 0, 1)
        timed.record(TrialStarted(trial, {}))
        timed.record(TrialEnded(Outcome(trial, {}, End.COMPLETE, 0.5, 1, ())))
    assert timed.numbers == [1, 2]
    assert len(timed.told) == 2


def test_a_command_is_measured_with_the_processes_that_it_waits_for(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    both = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\n{burn}"
    used = run([sys.executable, "-c", both], {}, tmp_path / LOG)
    assert 0.6 <= used.processor < 3
    assert used.wall > 0.5
    assert used.began <= time.time() - used.wall
    assert used.memory > 2**20  # at least that of the process that started it, which may be large


def test_a_command_gets_the_environment_the_cores_and_the_folder_that_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    names = ("GIVEN", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")
    told = f"import os; print([os.environ.get(n) for n in {names}], len(os.sched_getaffinity(0)), os.getcwd())"
    before = os.sched_getaffinity(0)
    with cores(1):
        run([sys.executable, "-c", told], {"GIVEN": "yes"}, tmp_path / LOG, tmp_path, tmp_path / "cache")
    assert (tmp_path / LOG).read_text() == f"['yes', '{tmp_path}/cache', None] 1 {tmp_path}\n"
    assert os.sched_getaffinity(0) == before


def test_a_command_that_fails_shows_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="no luck"):
        run([sys.executable, "-c", "raise SystemExit('no luck')"], {}, tmp_path / LOG)


def test_processor_time_is_of_the_whole_tree() -> None:
    assert descendants(2, {1: 0, 2: 1, 3: 2, 4: 3, 5: 1, 6: 5}) == {2, 3, 4}
    before, began = spent(), time.process_time()
    while time.process_time() - began < 0.2:
        pass
    assert 0.15 < spent() - before < 0.5


def test_the_phases_are_read_from_what_the_command_prints() -> None:
    text = "\nTime: 5.4 s: start-up 2.1, tune (ask and tell 0.3, train 1.8) 2.2, deliver 1.1\nIn MLflow:\n"
    assert phases(text) == {"start-up": 2.1, "tune": 2.2, "deliver": 1.1, "tune: ask and tell": 0.3, "tune: train": 1.8}
    with pytest.raises(ValueError, match="no line says"):
        phases("Stopped by you after 3 trials")


def test_a_rival_is_scaled_by_its_trials_and_not_by_its_imports() -> None:
    run = {"began": 100.0, "ready": 106.0, "told": [108.0, 116.0], "spent": 12.0, "processor": 20.0}
    assert scaled(run, 2) == {"wall": 16.0, "processor": 20.0}
    assert scaled(run, 10) == {"wall": 56.0, "processor": 68.0}


def test_a_loop_by_hand_stops_as_keras_does() -> None:
    losses = iter([0.5, 0.4, *[0.6] * 7, 0.4, 0.3])
    kept: list[int] = []
    assert stopped_early(100, lambda: next(losses), lambda: kept.append(1)) == (0.4, 10)
    assert len(kept) == 2
    assert stopped_early(3, iter([0.5, 0.4, 0.3]).__next__, lambda: None) == (0.3, 3)


def test_only_the_products_of_layers_are_useful() -> None:
    # 2 x 3 and 3 x 1: forwards 18, backwards 18 by the weights and 6 by the second layer's inputs
    assert useful_operations([(2, 3), (3, 1)], train=10, validation=5) == 10 * 42 + 5 * 18


@pytest.mark.parametrize("seconds", [6.0, 45.0, 300.0])
def test_a_search_is_given_the_seconds_that_its_rival_has(seconds: float) -> None:
    experiment = resolve("titanic", {"search.minutes": with_evaluation(seconds) / 60, "evaluate.confirm": 0})
    assert _limits(experiment, lambda: False, 0.0).deadline == pytest.approx(seconds)


def test_paired_differences_have_students_interval() -> None:
    mean, half = interval([0.01, 0.02, 0.03])
    assert mean == pytest.approx(0.02)
    assert half == pytest.approx(4.302653 * 0.01 / 3**0.5, rel=1e-5)


def test_there_are_tables_of_every_kind_and_they_are_the_same_each_time() -> None:
    assert len(TABLES) == FULL.tables >= 12
    classes = set()
    for known in TABLES.values():
        frame = known.frame()
        assert 150 < len(frame) <= 2000
        assert frame[TARGET].notna().all()
        assert frame.equals(known.frame())
        classes.add(min(frame[TARGET].nunique(), 21))
    assert classes >= {2, 3, 10, 21}


def test_the_floor_is_the_loss_of_the_true_function() -> None:
    frame = TABLES["friedman1"].frame()
    x = frame.drop(columns=TARGET).to_numpy().T
    true = 10 * np.sin(np.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]
    measured_floor = ((frame[TARGET] - true) ** 2).mean() / frame[TARGET].var()
    assert floor(TABLES["friedman1"]) == pytest.approx(measured_floor, rel=0.15)
    assert floor(TABLES["titanic"]) is None


@pytest.mark.parametrize(("kind", "values"), [("classification", 2), ("regression", 600)])
def test_pure_noise_has_nothing_to_learn(kind: str, values: int) -> None:
    frame = pure_noise(kind, 1)
    assert frame[TARGET].nunique() == values
    assert frame.corr()[TARGET].drop(TARGET).abs().max() < 0.15
    assert not frame.equals(pure_noise(kind, 2))


def test_losses_are_those_of_the_report() -> None:
    probabilities = np.array([[0.75, 0.25], [1.0, 0.0]])
    assert loss(Task.BINARY, np.array([1, 0]), probabilities) == pytest.approx(math.log(4) / 2)
    assert 5 < loss(Task.BINARY, np.array([1, 1]), probabilities) < 20  # not infinite
    assert loss(Task.REGRESSION, np.array([0.0, 1.0]), np.array([1.0, 1.0])) == 0.5


def test_only_the_deciding_metric_claims_something() -> None:
    better, unclear = Score(0.1, 0.05, 0.15), Score(0.1, -0.05, 0.25)
    names = {"champion": "champion", "untuned": "untuned baseline", "dummy": "majority class"}
    report = Report(
        "",
        "",
        (),
        tuple(Row(name, title, {}) for name, title in names.items()),
        (
            Comparison("log_loss", "untuned", "the untuned baseline", better),
            Comparison("log_loss", "dummy", "the majority class", unclear),
            Comparison("log_loss", "untuned_averaged", "averaged", better, useless=True),
            Comparison("accuracy", "dummy", "the majority class", better),
        ),
    )
    assert claims(report, Task.BINARY) == {"untuned": True, "dummy": False, "untuned_averaged": False}


def searched(champion: float, confirmed: float | None = 0.5, **claimed: bool) -> dict[str, Any]:
    """What a worker could have measured; every loss but the champion's is 0.5, the constant's is 1."""
    losses = dict.fromkeys(("single", "today", "untuned", "linear", "boosting", "boosting_all"), 0.5)
    return {
        "task": "binary",
        "rows": 600,
        "seen": 0.4,
        "confirmed": confirmed,
        "out_of_fold": None,
        "losses": {"champion": champion, **losses, "dummy": 1.0},
        "claims": {"dummy": False, "untuned": False, "untuned_averaged": False, **claimed},
    }


def test_ratios_are_means_over_the_splits() -> None:
    searches = [searched(0.25), searched(0.5)]
    assert ratios.ratio(searches, "champion", "today") == pytest.approx(100 * math.log(0.75))
    assert ratios.ratio([searched(0.0), searched(0.5)], "champion", "today") == pytest.approx(100 * math.log(0.5))
    assert ratios.optimism(searches, "today", "seen") == pytest.approx(100 * math.log(1.25))
    assert ratios.loss(searches, "champion") == 0.375


def test_ranks_are_of_models_that_all_searches_have() -> None:
    further = searched(0.6)
    further["losses"] |= {"catboost": 0.1}
    ranks = ratios.ranks({"one": [searched(0.25)], "other": [further]})
    assert ranks.keys() == searched(0.5)["losses"].keys()
    assert ranks["champion"] == (1 + 7) / 2
    assert ranks["today"] == (4.5 + 3.5) / 2
    assert ranks["dummy"] == 8


@pytest.mark.parametrize(("champion", "reached"), [(0.45, True), (0.49, False), (0.55, False)])
def test_a_goal_is_reached_only_if_the_figures_say_so(champion: float, *, reached: bool) -> None:
    tables = {name: [searched(champion)] for name in ("a", "b", "c", "d")}
    notes = trust.against({**tables, "e": [searched(0.5)]}, "").notes
    assert [note for note in notes if note.startswith("Against") and ("NOT" not in note) == reached]
    assert sum("4 of 5, 80 % are asked: reached" in note for note in notes) == (3 if champion < 0.5 else 0)
    assert sum("0 of 5, 80 % are asked: NOT reached" in note for note in notes) == (0 if champion < 0.5 else 3)


def test_a_promise_is_shown_where_the_report_has_it() -> None:
    tables = {name: [searched(0.5, 0.48)] for name in "ab"}
    assert [row[:2] for row in trust.promised(tables).rows] == [
        ["best validation loss, best trial", "+22.3"],
        ["confirmed loss, best setting", "+4.1"],
    ]
    assert "NOT reached" in trust.promised(tables).notes[-1]
    assert len(trust.promised({name: [searched(0.5, None)] for name in "ab"}).rows) == 1


def test_a_search_that_claims_two_things_counts_once() -> None:
    quiet = [searched(1.0)] * 18
    both, one = searched(1.0, dummy=True, untuned=True), searched(1.0, untuned_averaged=True)
    table = trust.claimed({"classification": [*quiet, both]})
    assert table.rows[0][:6] == ["classification", "19", "1", "1", "0", "1"]
    assert "1 of 19, 5 % are allowed: NOT reached" in table.notes[-1]
    assert "1 of 20, 5 % are allowed: reached" in trust.claimed({"regression": [*quiet, one, quiet[0]]}).notes[-1]


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_search_on_a_table_has_the_losses_of_all_models() -> None:
    found = measured("trust", {"table": "wages", "seeds": [1], "trials": 2, "epochs": 3})["searches"][0]
    assert found["rows"] == 534
    assert found["task"] == "regression"
    assert 0.5 < found["out_of_fold"] / found["confirmed"] < 1.1
    needed = {"champion", "today", "untuned", "linear", "boosting", "boosting_all", "dummy"}
    assert found["losses"].keys() >= needed
    assert found["claims"].keys() >= needed - {"champion", "today", "boosting_all"}
    # on the same rows: more rows change boosting a little, and a constant is worse
    assert found["losses"]["boosting_all"] == pytest.approx(found["losses"]["boosting"], rel=0.2)
    assert found["losses"]["today"] < found["losses"]["dummy"]


def test_results_are_the_same_text_before_and_after_they_were_kept() -> None:
    table = Table("Speed", ["", "seconds"], [["here", "1.5"], ["elsewhere", "60"]], ["As measured."])
    kept = {"steady": {"machine": {"CPUs": "2"}, **Section([table], {"raw": [1.5]}).plain()}}
    assert Results(json.loads(json.dumps(kept))).text() == (
        "**Speed**\n"
        "\n"
        "|           | seconds |\n"
        "| --------- | ------: |\n"
        "| here      |     1.5 |\n"
        "| elsewhere |      60 |\n"
        "\n"
        "As measured.\n"
        "\n"
        "Measured (steady): CPUs 2.\n"
    )


def test_the_page_shows_what_was_measured() -> None:
    root = Path(__file__).parents[1]
    page = (root / "docs" / "benchmarks.md").read_text("utf-8")
    assert (root / "benchmarks" / "results.md").read_text("utf-8").strip() in page
