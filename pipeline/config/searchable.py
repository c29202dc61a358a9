"""How pydantic reads a setting of an experiment file: as a value, a range or choices."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from pipeline.values.errors import nearest
from pipeline.values.space import Choice, Condition, Dimension, Float, Int, Scalar

KIND_NAMES: Final[Mapping[type, tuple[str, str]]] = {
    int: ("a whole number", "integer"),
    float: ("a number", "number"),
    bool: ("true or false", "boolean"),
    str: ("a string", "string"),
}
RANGE_KEYS: Final = ("low", "high", "log", "step", "points", "when")
PLAIN: Final = {"type": ["number", "string", "boolean"]}
WHEN: Final = {
    "type": "object",
    "description": "values of other searched settings; this setting is part of a trial only if the trial has them all",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [PLAIN, {"type": "array", "items": PLAIN, "minItems": 1}]},
}

Setting: TypeAlias = Scalar | Dimension


@final
@dataclass(frozen=True, slots=True)
class Searchable:
    """Annotates a field: `kind` is int, float, bool or str; values lie in [least, most] and (above, below).

    Strings are among `allowed`, or match `pattern`, if these are given; `example` is a string that matches.
    """

    kind: type
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""

    def read(self, given: Any) -> Setting:
        """The value, range or choices written in `given`; PydanticCustomError if it is none of these."""
        if isinstance(given, Dimension):
            return given
        if isinstance(given, Mapping):
            return self._dimension(given)
        if isinstance(given, Sequence) and not isinstance(given, str):
            return self._choice(given)
        return self.scalar(given)

    def scalar(self, given: Any) -> Scalar:
        """One value, checked for its type and bounds."""
        right = isinstance(given, self.kind) or (self.kind is float and isinstance(given, int))
        if not right or (isinstance(given, bool) and self.kind is not bool):
            raise _wrong(f"is {given!r}, not {KIND_NAMES[self.kind][0]}.", self._hint())
        if self.allowed and given not in self.allowed:
            raise _wrong(f"`{given}` is unknown.", nearest(given, self.allowed))
        if self.pattern and not re.fullmatch(self.pattern, str(given)):
            raise _wrong(f"`{given}` cannot be read.", f"Write it like `{self.example}`.")
        if self.kind in (int, float) and not self._within(given):
            raise _wrong(f"{given} is out of bounds.", f"Allowed: {self._bounds()}.")
        return float(given) if self.kind is float else given

    def _dimension(self, given: Mapping[str, Any]) -> Dimension:
        if "choices" in given:
            _only(given, ("choices", "when"))
            if not isinstance(given["choices"], Sequence) or isinstance(given["choices"], str):
                raise _wrong(f"choices is {given['choices']!r}.", "Write a list: `choices = [1, 2, 4]`.")
            return self._choice(given["choices"], _conditions(given))
        _only(given, RANGE_KEYS)
        if self.kind not in (int, float):
            raise _wrong("cannot be a range.", "Write choices: `[…, …]`.")
        for key in ("low", "high"):
            if key not in given:
                raise _wrong(f"is a range without `{key}`.", "Write `{ low = …, high = … }`.")
        if not isinstance(given.get("log", False), bool):
            raise _wrong(f"log is {given['log']!r}.", "Write `log = true` or `log = false`.")
        low, high = self.scalar(given["low"]), self.scalar(given["high"])
        extra = {key: _number(key, given[key], self.kind) for key in ("step",) if key in given}
        if "points" in given:
            extra["points"] = _number("points", given["points"], int)
        extra |= {"log": given.get("log", False), "when": _conditions(given)}
        try:
            if self.kind is int:
                return Int(int(low), int(high), **extra)
            return Float(float(low), float(high), **extra)
        except ValueError as error:
            raise _wrong(f"{error}.", "") from None

    def _choice(self, given: Sequence[Any], when: tuple[Condition, ...] = ()) -> Choice:
        options = tuple(self.scalar(option) for option in given)
        try:
            return Choice(options, when)
        except ValueError as error:
            raise _wrong(f"{error}.", "") from None

    def _within(self, value: float) -> bool:
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def _bounds(self) -> str:
        words = (("at least", self.least), ("above", self.above), ("at most", self.most), ("below", self.below))
        return " and ".join(f"{word} {bound:g}" for word, bound in words if bound is not None)

    def _hint(self) -> str:
        if self.allowed:
            return f"Allowed: {', '.join(self.allowed)}."
        ranged = ", a range `{ low = …, high = … }`" if self.kind in (int, float) else ""
        return f"Write {KIND_NAMES[self.kind][0]}{ranged} or choices `[…, …]`."

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(written)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        value: dict[str, Any] = {"type": KIND_NAMES[self.kind][1]}
        limits = (
            ("minimum", self.least),
            ("maximum", self.most),
            ("exclusiveMinimum", self.above),
            ("exclusiveMaximum", self.below),
        )
        value.update({key: bound for key, bound in limits if bound is not None})
        if self.allowed:
            value["enum"] = list(self.allowed)
        choices = {"type": "array", "items": value, "minItems": 1}
        value.update({"pattern": f"^{self.pattern}$"} if self.pattern else {})
        options = [value, choices, _table({"choices": choices, "when": WHEN}, ["choices"])]
        if self.kind in (int, float):
            parts = {"low": value, "high": value, "log": {"type": "boolean"}}
            parts |= {"step": {"type": value["type"]}, "points": {"type": "integer", "minimum": 1}, "when": WHEN}
            options.append(_table(parts, ["low", "high"]))
        return {"anyOf": options}


def written(setting: Setting | None) -> Any:
    """A setting as an experiment file writes it."""
    if isinstance(setting, Choice):
        options = list(setting.options)
        return {"choices": options, "when": _when(setting)} if setting.when else options
    if isinstance(setting, Float | Int):
        table: dict[str, Any] = {"low": setting.low, "high": setting.high}
        table |= {"log": True} if setting.log else {}
        table |= {"step": setting.step} if setting.step not in (None, 1) else {}
        table |= {"points": setting.points} if setting.points is not None else {}
        table |= {"when": _when(setting)} if setting.when else {}
        return table
    return setting


def _when(dimension: Dimension) -> dict[str, Any]:
    return {c.parent: c.values[0] if len(c.values) == 1 else list(c.values) for c in dimension.when}


def _conditions(given: Mapping[str, Any]) -> tuple[Condition, ...]:
    when = given.get("when", {})
    if not isinstance(when, Mapping) or ("when" in given and not when):
        raise _wrong(f"when is {when!r}.", 'Write the value of another setting: `when = { optimizer = "sgd" }`.')
    return tuple(Condition(parent, _values(parent, values)) for parent, values in when.items())


def _values(parent: str, given: Any) -> tuple[Scalar, ...]:
    values = given if isinstance(given, list) else [given]
    if not values:
        raise _wrong(f"when.{parent} is an empty list, so it would never apply.", "Name at least one value.")
    for value in values:
        if not isinstance(value, bool | int | float | str):
            raise _wrong(f"when.{parent} is {value!r}.", f"Write a value of {parent}, or a list of values.")
    return tuple(values)


def _table(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _only(given: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    for key in given:
        if key not in allowed:
            raise _wrong(f"`{key}` is unknown in a range.", nearest(key, (*RANGE_KEYS, "choices")))


def _number(key: str, given: Any, kind: type) -> Any:
    if isinstance(given, bool) or not isinstance(given, int if kind is int else (int, float)):
        raise _wrong(f"{key} is {given!r}, not {KIND_NAMES[kind][0]}.", "")
    return given


def _wrong(problem: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("setting", "{problem}\n{hint}", {"problem": problem, "hint": hint})
