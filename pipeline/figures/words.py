"""Trials in words and numbers in few digits, as figures show them."""

from pipeline.space import Scalar
from pipeline.trial import Outcome, trial_name


def number(value: Scalar | None) -> str:
    """A value in four digits; words as they are."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "no value" if value is None else str(value)


def describe(outcome: Outcome) -> str:
    """A trial and its searched settings, a line each, for the pointer's label."""
    head = f"{trial_name(outcome.number)} · {outcome.end.value} · {number(outcome.value)}"
    return "<br>".join([head, *(f"{key} = {number(value)}" for key, value in outcome.trial.params.items())])
