"""Checks that all libraries share: unknown names, an empty space, and rungs with samplers that they do not fit."""

from collections.abc import Collection, Iterable

from pipeline.config import parts
from pipeline.config.experiment import SearchSettings
from pipeline.values.errors import UserError, nearest
from pipeline.values.space import Float, Space

NOT_UNDER_RUNGS = ("hyperband", "grid", "cmaes")


def check_names(settings: SearchSettings, samplers: Iterable[str], pruners: Iterable[str]) -> None:
    """UserError if the sampler or the pruner of the settings is not in `samplers` or `pruners`."""
    for kind, given, allowed in (("sampler", settings.sampler, samplers), ("pruner", settings.pruner, pruners)):
        if given not in allowed:
            problem = f"{settings.part} has no {kind} `{given}`."
            raise UserError(f"search.{kind}", problem, _who_has(f"{kind.upper()}S", given) or nearest(given, allowed))


def check_rungs(space: Space, settings: SearchSettings) -> None:
    """UserError if rungs do not fit the sampler, or if epochs are searched but rungs or hyperband decide them."""
    if settings.pruner == "rungs" and settings.sampler in NOT_UNDER_RUNGS:
        problem = f"rungs does not fit the sampler {settings.sampler}, which needs trials that train to their end."
        raise UserError("search.pruner", problem, 'Write `pruner = "none"`, or another sampler.')
    halving = next((name for name in (settings.pruner, settings.sampler) if name in ("rungs", "hyperband")), None)
    if halving and "epochs" in space.dimensions:
        problem = f"{halving} decides the number of epochs itself, so it cannot be searched."
        raise UserError("training.epochs", problem, "Write one number.")


def check_searchable(space: Space, settings: SearchSettings) -> None:
    """UserError if every setting has only one value, so that there is nothing to sample."""
    if not space.dimensions:
        problem = f"{settings.sampler} has nothing to search: every setting has one value."
        raise UserError("search.sampler", problem, "Give a setting in [model] or [training] a range or choices.")


def check_conditions(space: Space, settings: SearchSettings, able: Collection[str]) -> None:
    """UserError if a dimension has a `when` and the sampler is not in `able`: it cannot leave one out of a trial."""
    conditional = next((name for name, dimension in space.dimensions.items() if dimension.when), None)
    if conditional is None or settings.sampler in able:
        return
    problem = f"{settings.sampler} cannot leave {conditional} out of a trial, as its `when` asks."
    known = [f"{_library(part)} {', '.join(parts.search(part).CONDITIONAL)}" for part in parts.names("searches")]
    raise UserError("search.sampler", problem, f"These can: {'; '.join(known)}.")


def check_grid(space: Space, settings: SearchSettings) -> None:
    """UserError if the sampler is a grid and a dimension does not say which values to try."""
    for name, dimension in space.dimensions.items():
        if settings.sampler == "grid" and isinstance(dimension, Float) and dimension.step is dimension.points is None:
            problem = f"grid needs a list of values for {name}."
            raise UserError("search.sampler", problem, "Give it `choices`, `step` or `points`.")


def _who_has(kind: str, name: str) -> str:
    for part in parts.names("searches"):
        if name in getattr(parts.search(part), kind):
            return f'{part} has it: write `library = "{_library(part)}"`.'
    return ""


def _library(part: str) -> str:
    return part if part in ("optuna", "keras_tuner") else "own"
