"""Checks of `when`: each condition can hold, and every trial that has a setting can use it."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from pipeline.config.experiment import NOT_SETTINGS, EarlyStopping, Experiment, Preprocess, Section, Training, placed
from pipeline.config.optimizers import NUMBERS, takes
from pipeline.values.errors import UserError, nearest
from pipeline.values.space import Choice, Condition, Dimension, Float, Int, Params, Scalar

SECTIONS: Final[Mapping[type[Section], str]] = {
    Preprocess: "preprocess",
    Training: "training",
    EarlyStopping: "training.early_stopping",
}
Searched: TypeAlias = Mapping[str, Dimension]


def check(experiment: Experiment) -> None:
    """UserError at the first setting whose `when` can never hold, or names a setting that is not searched."""
    fields = {name: _field(section, name) for section, name, _ in placed(*experiment.sections)}
    space = experiment.space
    for name, dimension in space.dimensions.items():
        for condition in dimension.when:
            _check_parent(fields[name], name, condition, experiment)
    for name in space.dimensions:
        _check_circle(fields[name], name, space.dimensions)
    for name in space.dimensions:
        for parent, values in space.conditions(name).items():
            if not values:
                problem = f"its `when` and those of its parents leave no value of {parent}, so it would never apply."
                raise UserError(fields[name], problem, "Change one of these `when`.")
    for name in space.dimensions:
        if name in NUMBERS and fields[name].startswith("training."):
            _check_optimizers(fields[name], name, experiment)


def check_listed(experiment: Experiment, given: Params, whole: Params, field: str) -> None:
    """UserError if a listed trial gives a setting that is not part of it; `whole` holds all its settings."""
    space = experiment.space
    for name in space.dimensions:
        if name not in given or name in space.active(whole):
            continue
        wanted = " and ".join(
            f"{parent} {_either(values)}"
            for parent, values in space.conditions(name).items()
            if whole.get(parent) not in values
        )
        raise UserError(f"{field}.{name}", f"is not part of this trial: it needs {wanted}.", f"Remove {name}.")


def _field(section: Section, name: str) -> str:
    return f"{SECTIONS.get(type(section), 'model')}.{name}"


def _check_parent(field: str, name: str, condition: Condition, experiment: Experiment) -> None:
    """UserError if a condition depends on a setting that is not searched, or on a value that no trial has."""
    parent, searched = condition.parent, experiment.space.dimensions
    others = [other for other in searched if other != name]
    if parent == name:
        raise UserError(field, "its `when` names itself.", _named(parent, others))
    if parent in searched:
        for value in condition.values:
            _check_value(field, parent, value, searched[parent])
    elif parent in NOT_SETTINGS:
        raise UserError(field, f"its `when` names {parent}, which cannot be searched.", _named(parent, others))
    elif parent in experiment.settings or any(parent in kind.model_fields for kind in _kinds(experiment)):
        is_what = f"has one value, {experiment.settings[parent]}" if parent in experiment.settings else "is not given"
        problem = f"its `when` names {parent}, which {is_what}: it is not searched."
        raise UserError(field, problem, f"Give {parent} choices, or remove `when`.")
    else:
        raise UserError(field, f"its `when` names {parent}, which is unknown.", _named(parent, others))


def _kinds(experiment: Experiment) -> tuple[type[Section], ...]:
    return (Preprocess, type(experiment.model), Training, EarlyStopping)


def _named(parent: str, others: list[str]) -> str:
    return nearest(parent, others) or "Nothing else is searched: remove this `when`."


def _check_value(field: str, parent: str, value: Scalar, dimension: Dimension) -> None:
    match dimension:
        case Float():
            problem = f"its `when` names {parent}, a range of numbers that no trial hits exactly."
            raise UserError(field, problem, f"Give {parent} choices.")
        case Choice(options):
            possible = any(value == o and isinstance(value, bool) == isinstance(o, bool) for o in options)
            hint = nearest(str(value), map(str, options))
        case Int(low, high, _, step):
            possible = not isinstance(value, bool) and dimension.holds(value)
            hint = f"Allowed: {low} to {high}" + (f" in steps of {step}." if step > 1 else ".")
    if not possible:
        raise UserError(field, f"its `when` requires {parent} {value}, which no trial has.", hint)


def _check_circle(field: str, name: str, searched: Searched) -> None:
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for condition in searched[way[-1]].when:
            if condition.parent == name:
                problem = f"its `when` leads back to itself: {' → '.join([*way, name])}."
                raise UserError(field, problem, "Remove one of these `when`.")
            if condition.parent not in seen:
                seen.add(condition.parent)
                ways.append([*way, condition.parent])


def _check_optimizers(field: str, number: str, experiment: Experiment) -> None:
    """UserError if a searched argument is part of trials whose optimizer does not have it."""
    optimizer = experiment.settings["optimizer"]
    chosen = optimizer.options if isinstance(optimizer, Choice) else (optimizer,)
    applied = experiment.space.conditions(number).get("optimizer", chosen)
    lacking = [str(name) for name in applied if not takes(str(name), number)]
    having = [f'"{name}"' for name in chosen if takes(str(name), number)]
    if lacking:
        wanted = having[0] if len(having) == 1 else f"[{', '.join(having)}]"
        problem = f"is searched, but {_either(tuple(lacking))} has no such argument."
        raise UserError(field, problem, f"Add to its range or choices: `when = {{ optimizer = {wanted} }}`.")


def _either(values: tuple[Scalar, ...]) -> str:
    return " or ".join(map(str, values))
