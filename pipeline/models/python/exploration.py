"""What a HyperModel, or a function of `hp`, asks for while it builds, and the model it builds from given values."""

import inspect
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.config.searchable import Setting
from pipeline.values.blueprint import without_weights
from pipeline.values.errors import UserError
from pipeline.values.space import Choice, Float, Int, Params, Scalar

if TYPE_CHECKING:
    import keras

FEW: Final = 10
"""A range of at most this number of whole numbers is tried at each of them, a longer one only at its ends."""


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for under one name: a dimension or a fixed value, and its default."""

    setting: Setting
    default: Scalar


@final
@dataclass(frozen=True, slots=True)
class Explored:
    """Everything that builds ask for, in this order; `compiled`: their models bring their own optimizer."""

    asked: Mapping[str, Asked]
    compiled: bool


def explore(member: Any, name: str) -> Explored:
    """What a HyperModel's builds ask for; UserError at `name` if `member` is not one.

    The models are made without values. Each dimension is tried at its ends, or at all its values if they are few,
    starting from the first point at which it is asked for. This finds what is asked for at some values only. An
    exception of the first build is not caught. Later builds may fail: in the search, that is a failed trial.
    """
    found: dict[tuple[str, str], Asked] = {}
    tried: set[str] = set()
    first: keras.Model | None = None
    points: deque[dict[str, Scalar]] = deque([{}])
    while points:
        point = points.popleft()
        hp = _hyperparameters(point)
        try:
            model = without_weights(lambda hp=hp: _build(member, name, hp))  # type: ignore[misc]
        except Exception:
            if first is None:
                raise
        else:
            first = first if first is not None else model
        for one in hp.space:
            found.setdefault((one.name, repr([c.get_config() for c in one.conditions])), _asked(one, name))
        for (active, _), asked in found.items():
            if active in hp.values.keys() - tried:
                tried.add(active)
                points.extend({**point, active: value} for value in _tries(asked.setting))
    return Explored(_by_name(found, name), bool(getattr(first, "compiled", False)))


def build(member: Any, name: str, settings: Params) -> "keras.Model":
    """The model built from `settings`; anything asked for that is not among them takes its default."""
    return _build(member, name, _hyperparameters(settings))


@final
class _Values(dict[str, Any]):
    """The values of a point, each read only when it is asked for: what is read decides which trials share a lane."""

    def __init__(self, settings: Params) -> None:
        super().__init__()
        self._settings = settings

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._settings

    def __missing__(self, name: str) -> Scalar:
        self[name] = self._settings[name]
        return self._settings[name]


def _hyperparameters(settings: Params) -> Any:
    import keras_tuner

    made = keras_tuner.HyperParameters()
    made.values = _Values(settings)
    return made


def _build(member: Any, name: str, hp: Any) -> "keras.Model":
    import keras

    declare, make = _parts(member, name)
    declare(hp)
    model = make(hp)
    if not isinstance(model, keras.Model):
        raise UserError(name, f"its build returns {type(model).__name__}, not a keras.Model.", "Return the model.")
    return model


def _parts(member: Any, name: str) -> tuple[Callable[[Any], None], Callable[[Any], Any]]:
    """The function that declares hyperparameters, and the one that builds a model."""
    import keras_tuner

    kind: Any = member if isinstance(member, type) else type(member)
    if not issubclass(kind, keras_tuner.HyperModel):
        if kind is not member:
            return keras_tuner.HyperModel().declare_hyperparameters, member
        raise UserError(name, f"`{kind.__name__}` is not a keras_tuner.HyperModel.", "Derive it from that class.")
    if kind.fit is not keras_tuner.HyperModel.fit:
        problem = f"`{kind.__name__}` defines its own fit(), which would not be called."
        raise UserError(name, problem, "Move its settings to [training], like `batch_size = [16, 32]`, and remove it.")
    made = _made(kind, name) if kind is member else member
    return made.declare_hyperparameters, made.build


def _made(kind: Any, name: str) -> Any:
    """An instance of a HyperModel's class; UserError if the class needs arguments."""
    for argument in inspect.signature(kind).parameters.values():
        if argument.default is argument.empty and argument.kind not in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            problem = f"`{kind.__name__}` needs the argument `{argument.name}`."
            hint = f"Give it a default, or name an instance of it: `net = {kind.__name__}(…)` in the module."
            raise UserError(name, problem, hint)
    return kind()


def _asked(one: Any, name: str) -> Asked:
    from keras_tuner.engine import hyperparameters

    if isinstance(one, hyperparameters.Fixed):
        return Asked(one.value, one.value)
    if isinstance(one, hyperparameters.Boolean):
        return Asked(Choice((False, True)), bool(one.default))
    if isinstance(one, hyperparameters.Choice):
        return Asked(Choice(tuple(dict.fromkeys(one.values))), one.default)
    if one.sampling == "reverse_log":
        problem = f"`{one.name}` is sampled by reverse_log, which no other library knows."
        raise UserError(name, problem, 'Write `sampling="log"` or `"linear"`.')
    kind: Callable[[Any], Any] = int if isinstance(one, hyperparameters.Int) else float
    log = one.sampling == "log"
    if log and one.step is not None:
        # here a step is a factor, so these are all possible values
        return Asked(Choice(tuple(dict.fromkeys(map(kind, one.values)))), kind(one.default))
    if kind is int:
        return Asked(Int(one.min_value, one.max_value, log=log, step=one.step or 1), int(one.default))
    return Asked(Float(one.min_value, one.max_value, log=log, step=one.step), float(one.default))


def _tries(setting: Setting) -> Iterable[Scalar]:
    """The values of a dimension that are tried, because a build may ask for other things there."""
    match setting:
        case Choice(options):
            return options
        case Int(low, high, _, step) if (high - low) // step < FEW:
            return range(low, high + 1, step)
        case Int(low, high) | Float(low, high):
            return (low, high)
    return ()


def _by_name(found: Mapping[tuple[str, str], Asked], name: str) -> dict[str, Asked]:
    """What is asked for under each name; UserError if that differs between conditions."""
    named: dict[str, Asked] = {}
    for (one, _), asked in found.items():
        if named.setdefault(one, asked).setting != asked.setting:
            problem = f"`{one}` has several ranges, under different conditions."
            raise UserError(name, problem, "Give each range its own name.")
    return named
