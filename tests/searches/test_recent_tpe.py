"""TPE with a limit on the trials that it models."""

from collections.abc import Sequence
from typing import Any

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import TPESampler
from optuna.trial import create_trial

from pipeline.searches import _recent_tpe
from pipeline.searches._recent_tpe import RecentTPE

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0.0, 1.0), "y": FloatDistribution(1e-3, 1.0, log=True)}


def proposal(sampler: TPESampler, trials: int) -> dict[str, Any]:
    """What a sampler proposes after so many trials."""
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.create_study(sampler=sampler)
    for i in range(trials):
        params = {"x": i * 0.618 % 1, "y": 0.001 + i * 0.271 % 0.99}
        study.add_trial(create_trial(params=params, distributions=SPACE, value=abs(params["x"] - 0.3)))
    return dict(study.ask(SPACE).params)


def test_it_proposes_what_optunas_class_does_unless_there_are_thousands() -> None:
    assert proposal(RecentTPE(seed=3), 200) == proposal(TPESampler(seed=3), 200)


def test_the_model_has_all_of_the_best_and_the_newest_others(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    build = TPESampler._build_parzen_estimator

    def noted(self: TPESampler, study: Any, space: Any, trials: Sequence[Any], handle_below: bool) -> Any:
        seen[handle_below] |= {trial.number for trial in trials}
        return build(self, study, space, list(trials), handle_below)

    monkeypatch.setattr(TPESampler, "_build_parzen_estimator", noted)
    monkeypatch.setattr(_recent_tpe, "MODELLED", 40)
    assert 0 <= proposal(RecentTPE(seed=3), 200)["x"] <= 1
    assert len(seen[True]) == 20
    assert min(seen[False]) >= 200 - 40 - 20
    assert len(seen[False]) == 40
