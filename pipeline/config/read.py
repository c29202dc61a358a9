"""Resolves an experiment file and the command line's overrides to one checked `Experiment`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from pipeline.config import conditions, messages, parts
from pipeline.config.experiment import (
    NOT_SETTINGS,
    EarlyStopping,
    Evaluate,
    Experiment,
    Model,
    Preprocess,
    SearchSettings,
    Section,
    Training,
    flat,
    measured,
    placed,
    without_ranges,
)
from pipeline.config.optimizers import NAMES
from pipeline.values.data import Task
from pipeline.values.errors import UserError, nearest
from pipeline.values.space import Scalar

SECTIONS = ("data", "preprocess", "model", "training", "search", "evaluate", "baseline")
EXPERIMENTS = Path("experiments")

S = TypeVar("S", bound=Section)


def resolve(name: str, overrides: Mapping[str, Any] | None = None) -> Experiment:
    """The experiment `name` (of `experiments/name.toml`, or a path), with dotted `overrides` of its keys applied.

    Raises UserError for every mistake that can be found before any data is read.
    """
    path = _path(name)
    given = overrides or {}
    try:
        return _experiment(path, _overridden(_parsed(path), given))
    except UserError as error:
        raise error.within("command line" if error.where in given else str(path)) from None


def _path(name: str) -> Path:
    path = Path(name) if name.endswith(".toml") else EXPERIMENTS / f"{name}.toml"
    if path.is_file():
        return path
    known = sorted(p.stem for p in path.parent.glob("*.toml")) if path.parent.is_dir() else []
    raise UserError(str(path), "there is no such file.", nearest(path.stem, known))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError("", f"this is not valid TOML: {error}.", "Correct that line.") from None


def _overridden(file: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    for dotted, value in overrides.items():
        *sections, key = dotted.split(".")
        table = file
        for section in sections:
            inner = table.setdefault(section, {})
            if not isinstance(inner, dict):
                table[section] = inner = {}
            table = inner
        table[key] = value
    return file


def _experiment(path: Path, file: dict[str, Any]) -> Experiment:
    for key, value in file.items():
        if key not in SECTIONS:
            raise UserError(key, "unknown section.", nearest(key, SECTIONS))
        if not isinstance(value, dict):
            raise UserError(key, f"is {value!r}, not a section.", f"Write `[{key}]` and its keys below.")
    data = _section(parts.source(_name("sources", "source", "data", file)).Settings, "data", file["data"])
    preprocess = _section(Preprocess, "preprocess", file.get("preprocess", {}))
    search = _section(SearchSettings, "search", file.get("search", {}))
    model, training = _model_and_training(path, file)
    sections = (preprocess, model, training)
    for section, key, _ in placed(*sections):
        if section is preprocess and key in type(model).model_fields:
            problem = "is a setting of trials here, and the model has a setting of that name too."
            raise UserError(f"preprocess.{key}", problem, "Give the model's setting another name.")
    experiment = Experiment(
        name=path.stem,
        file=str(path),
        data=data,
        preprocess=preprocess,
        model=model,
        training=training,
        search=search,
        evaluate=_section(Evaluate, "evaluate", file.get("evaluate", {})),
        baseline=_whole(sections, file.get("baseline", {}), "baseline"),
    )
    conditions.check(experiment)
    experiment = _listed(experiment)
    _check(experiment)
    return experiment


def _model_and_training(path: Path, file: Mapping[str, Any]) -> tuple[Model, Training]:
    """Both sections. For a HyperModel they follow from its builds.

    Building imports Keras, so the other sections are checked first.
    """
    family = parts.family(_name("models", "family", "model", file), str(path))
    raw = file.get("training", {})
    kind, model, training = family.sections(file["model"], _section(Training, "training", raw), raw)
    return _section(kind, "model", model), training


def _name(folder: str, key: str, field: str, file: Mapping[str, Any]) -> str:
    """The name of the part that a section selects; UserError if it is missing."""
    name = file.get(field, {}).get(key)
    if not isinstance(name, str):
        known = ", ".join(parts.names(folder))
        raise UserError(f"{field}.{key}", "is missing." if name is None else f"is {name!r}.", f"Allowed: {known}.")
    return name


def _section(kind: type[S], field: str, raw: Mapping[str, Any]) -> S:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise messages.user_error(error, kind, field) from None


def _whole(sections: tuple[Preprocess, Model, Training], table: Mapping[str, Any], field: str) -> dict[str, Scalar]:
    """A value for every setting: from `table`, else fixed in the file, else the default; UserError at `field`."""
    preprocess, model, training = sections
    kinds = (type(model), Training, EarlyStopping)
    theirs = NAMES if training.optimizer is None else frozenset()
    known = [
        name
        for kind in kinds
        for name in kind.model_fields
        if name not in NOT_SETTINGS and (kind is type(model) or name not in theirs)
    ]
    ours = [name for section, name, _ in placed(*sections) if section is preprocess]
    known += ours
    for key, value in table.items():
        if key not in known:
            raise UserError(f"{field}.{key}", "unknown setting.", nearest(key, known))
        if isinstance(value, dict | list):
            raise UserError(f"{field}.{key}", f"is {value!r}.", "Write one value, not a range or choices.")
    try:
        whole_model = _overlaid(model, table)
        whole_training = _overlaid(training, {k: v for k, v in table.items() if k not in type(model).model_fields})
        whole_preprocess = _overlaid(preprocess, table)
    except ValidationError as error:
        raise messages.user_error(error, type(model), field) from None
    except UserError as error:  # from a section's own check, which names the setting's place in the file
        raise UserError(f"{field}.{error.where.rpartition('.')[2]}", error.problem, error.hint) from None
    if training.optimizer is None:
        whole_training = whole_training.model_copy(update={"optimizer": None})
    whole = flat(whole_preprocess, whole_model, whole_training)
    return cast("dict[str, Scalar]", {name: getattr(whole_preprocess, name) for name in ours} | whole)


def _listed(experiment: Experiment) -> Experiment:
    """The experiment with every setting of each listed trial, but without settings that are not part of it."""
    space, whole = experiment.space, []
    for i, table in enumerate(experiment.search.listed, 1):
        field = f"search.listed[{i}]"
        settings = _whole(experiment.sections, table, field)
        conditions.check_listed(experiment, table, settings, field)
        left_out = space.dimensions.keys() - set(space.active(settings))
        whole.append({name: value for name, value in settings.items() if name not in left_out})
    search = experiment.search.model_copy(update={"listed": whole})
    return experiment.model_copy(update={"search": search})


def _overlaid(section: S, table: Mapping[str, Any]) -> S:
    kind = type(section)
    own = {key: value for key, value in table.items() if key in kind.model_fields}
    fixed = without_ranges(section)
    stopping = fixed.get("early_stopping")
    if isinstance(stopping, Section):
        fixed["early_stopping"] = _overlaid(stopping, table)
    if kind is Training and "optimizer" in own and own["optimizer"] != fixed.get("optimizer"):
        # the arguments of another optimizer would be wrong or unknown here
        fixed = {key: value for key, value in fixed.items() if key in ("batch_size", "epochs", "early_stopping")}
    return kind.model_validate({**fixed, **own})


def _check(experiment: Experiment) -> None:
    search = experiment.search
    field = "search.sampler" if search.library == "own" else "search.library"
    parts.search(search.part, field).check(experiment.space, search, experiment.epochs)
    if search.folds > 1 and not experiment.evaluate.confirm:
        problem = "0 leaves no model: with `search.folds` above 1, a trial has none that the champion could be made of."
        raise UserError("evaluate.confirm", problem, "Write a number above 0, or `search.folds = 1`.")
    if experiment.data.task is not None:
        experiment.check_objective(Task(experiment.data.task))
        return
    known = list(dict.fromkeys(m for task in Task for m in measured(task, validation=True)))
    if search.objective not in known:
        problem = f"`{search.objective}` is not measured for any task."
        raise UserError("search.objective", problem, nearest(search.objective, known))
