"""The benchmarks' pure parts: what everybody trains, and how figures become tables."""

import json
from pathlib import Path

import pytest

from benchmarks.configurations import configurations, plain
from benchmarks.sections.arithmetic import useful_operations
from benchmarks.sections.quality import interval
from benchmarks.sections.titanic import quarters, spread
from benchmarks.sizes import FULL
from benchmarks.spread import Spread
from benchmarks.table import Results, Section, Table
from benchmarks.workers.quality import with_evaluation
from pipeline.config.read import resolve
from pipeline.tune import _limits


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


def test_only_the_products_of_layers_are_useful() -> None:
    # 2 x 3 and 3 x 1: forwards 18, backwards 18 by the weights and 6 by the second layer's inputs
    assert useful_operations([(2, 3), (3, 1)], train=10, validation=5) == 10 * 42 + 5 * 18


@pytest.mark.parametrize("seconds", [6.0, 45.0, 300.0])
def test_a_search_is_given_the_seconds_that_its_rival_has(seconds: float) -> None:
    experiment = resolve("titanic", {"search.minutes": with_evaluation(seconds) / 60})
    assert _limits(experiment, lambda: False, 0.0).deadline == pytest.approx(seconds)


def test_paired_differences_have_students_interval() -> None:
    mean, half = interval([0.01, 0.02, 0.03])
    assert mean == pytest.approx(0.02)
    assert half == pytest.approx(4.302653 * 0.01 / 3**0.5, rel=1e-5)


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
