"""What any library must refuse, in one wording: unknown names, a space without dimensions, rungs where they harm."""

from collections.abc import Iterable

from pipeline import choose
from pipeline.errors import UserError, nearest
from pipeline.experiment import Search as SearchSettings
from pipeline.space import Float, Space

NOT_UNDER_RUNGS = ("hyperband", "grid", "cmaes")


def check_names(settings: SearchSettings, samplers: Iterable[str], pruners: Iterable[str]) -> None:
    """UserError where the settings name a sampler or a pruner that is not among these."""
    for kind, given, allowed in (("sampler", settings.sampler, samplers), ("pruner", settings.pruner, pruners)):
        if given not in allowed:
            problem = f"{settings.part} has no {kind} `{given}`."
            raise UserError(f"search.{kind}", problem, _who_has(f"{kind.upper()}S", given) or nearest(given, allowed))


def check_rungs(space: Space, settings: SearchSettings) -> None:
    """UserError where stopping at rungs would mislead the sampler, or trials have no epochs in common."""
    if settings.pruner == "rungs" and settings.sampler in NOT_UNDER_RUNGS:
        problem = f"rungs would starve the sampler {settings.sampler}, which needs its trials trained to their end."
        raise UserError("search.pruner", problem, 'Write `pruner = "none"`, or another sampler.')
    halving = next((name for name in (settings.pruner, settings.sampler) if name in ("rungs", "hyperband")), None)
    if halving and "epochs" in space.dimensions:
        problem = f"{halving} gives out the epochs itself, so they cannot be searched."
        raise UserError("training.epochs", problem, "Write one number.")


def check_searchable(space: Space, settings: SearchSettings) -> None:
    """UserError where every setting has one value: there is nothing to sample."""
    if not space.dimensions:
        problem = f"{settings.sampler} has nothing to search: every setting has one value."
        raise UserError("search.sampler", problem, "Give one of [model] or [training] a range or choices.")


def check_grid(space: Space, settings: SearchSettings) -> None:
    """UserError where a grid is asked for and an axis does not say its places."""
    for name, dimension in space.dimensions.items():
        if settings.sampler == "grid" and isinstance(dimension, Float) and dimension.step is dimension.points is None:
            raise UserError("search.sampler", f"grid cannot lay {name} out.", "Give it `choices`, `step` or `points`.")


def _who_has(kind: str, name: str) -> str:
    for part in choose.names("searches"):
        if name in getattr(choose.part("searches", part, "search.library"), kind):
            library = part if part in ("optuna", "keras_tuner") else "own"
            return f'{part} has it: write `library = "{library}"`.'
    return ""
