"""Trials that cannot share a lane are still trained, and a line in the log says why."""

import logging

import pytest

from pipeline.values.data import Prepared
from tests.engines.conftest import Make, assert_same, engine, fitted, trained, trial


@pytest.mark.slow
def test_a_model_that_does_not_bear_padding_gets_exact_widths_and_a_line(
    blueprints: Make, few: Prepared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    trials = [trial(1, width=12), trial(2, width=20)]
    curves = trained(engine(blueprints("attentive"), few), trials, epochs=4)
    assert [r.message for r in caplog.records if "padding" in r.message] == [caplog.records[0].message]
    for one in trials:
        assert_same(curves[one.number][0], fitted(blueprints("attentive"), few, one, epochs=4)[0])


@pytest.mark.slow
def test_a_metric_that_is_no_mean_is_left_to_fit(
    blueprints: Make, few: Prepared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    curve, _ = trained(engine(blueprints("single", ("root_mean_squared_error",)), few), [trial()], epochs=2)[1]
    assert len(curve["loss"]) == 2
    assert (
        "trial 1 is trained by model.fit: ValueError: the metric root_mean_squared_error is not a mean over rows"
        in caplog.text
    )


@pytest.mark.slow
def test_a_layer_that_cannot_be_mapped_is_left_to_fit(
    blueprints: Make, few: Prepared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    curves = trained(engine(blueprints("opaque"), few), [trial(1), trial(2)], epochs=2)
    assert len(curves) == 2
    assert "2 trials are trained by model.fit: " in caplog.text


@pytest.mark.slow
def test_an_optimizer_that_averages_its_weights_is_left_to_fit(
    blueprints: Make, few: Prepared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    curve, _ = trained(engine(blueprints(), few), [trial(use_ema=True)], epochs=2)[1]
    assert len(curve["loss"]) == 2
    assert "trial 1 is trained by model.fit: ValueError: use_ema replaces the last weights with averaged" in caplog.text
