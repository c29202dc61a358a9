"""Texts for figures: numbers with few digits, and trials in words."""

from pipeline.values.space import Scalar
from pipeline.values.trial import Outcome, trial_name


def number(value: Scalar | None) -> str:
    """A value as text: a float in four digits, None as "no value", anything else unchanged."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "no value" if value is None else str(value)


def describe(outcome: Outcome) -> str:
    """The hover text of a trial: one line for the trial, then one line for each searched setting."""
    head = f"{trial_name(outcome.number)} · {outcome.end.value} · {number(outcome.value)}"
    return "<br>".join([head, *(f"{key} = {number(value)}" for key, value in outcome.trial.params.items())])
