"""A pydantic ValidationError as the one-line UserError that people read."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.searchable import KIND_NAMES
from pipeline.values.errors import UserError, nearest

WRONG_BRANCH: Final = ("literal_error", "list_type", "model_type")
EXPECTED: Final[Mapping[str, type]] = {"int": int, "float": float, "bool": bool, "string": str}
SCALARS: Final = ("bool", "int", "float", "str")
"""The branches of `space.Scalar`, as pydantic names them last on the way to an error."""


def user_error(error: ValidationError, kind: type[BaseModel], field: str) -> UserError:
    """The error for the section at `field`, of class `kind`: the first mistake in it."""
    # a union reports an error for each branch: the user most likely meant the branch that got furthest into the value
    first = max(error.errors(include_url=False), key=lambda e: (e["type"] not in WRONG_BRANCH, len(_names(e))))
    where = ".".join([field, *_names(first)])
    return UserError(where, *_sentences(first, kind, where))


def _names(error: ErrorDetails) -> list[str]:
    """The keys that lead to the error, without the names of a union's branches (which never come first)."""
    *way, last = [str(part) for part in error["loc"]]
    names = [part for i, part in enumerate(way) if not i or (part.isidentifier() and part.islower())]
    # an unknown key may be spelled in any way
    branch = not (last.isidentifier() and last.islower()) or (bool(way) and last in SCALARS)
    return [*names, last] if not way or error["type"] == "extra_forbidden" or not branch else names


def _sentences(error: ErrorDetails, kind: type[BaseModel], where: str) -> tuple[str, str]:
    given, sort = error["input"], error["type"]
    if sort == "setting":
        problem, _, hint = error["msg"].partition("\n")
        return problem, hint
    if sort == "extra_forbidden":
        return "unknown key.", _nearest_key(error, kind, where)
    if sort == "missing":
        return "is missing.", f"Add `{_names(error)[-1]} = …`."
    if sort == "literal_error":
        allowed = [word.strip().strip("'") for word in error["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return f"`{given}` is unknown.", nearest(str(given), allowed)
    if sort == "model_type":
        return f"is {given!r}, not a table.", "Write `{ key = value, … }`."
    if len(error["loc"]) > 1 and error["loc"][-1] in SCALARS:
        return f"is {given!r}.", "Write one value: a number, a string, true or false."
    expected = EXPECTED.get(sort.split("_")[0])
    if expected is not None:
        return f"is {given!r}, not {KIND_NAMES[expected][0]}.", ""
    return f"is {given!r}.", f"{error['msg'].replace('Input s', 'S')}."


def _nearest_key(error: ErrorDetails, kind: type[BaseModel], where: str) -> str:
    *sections, wrong = _names(error)
    for section in sections:
        kind = _inner(kind, section)
    hint = nearest(wrong, kind.model_fields)
    return hint.replace("mean `", f"mean `{where.rpartition('.')[0]}.").replace("Allowed: ", "Known: ")


def _inner(kind: type[BaseModel], section: str) -> type[BaseModel]:
    annotation: Any = kind.model_fields[section].annotation
    options = (annotation, *getattr(annotation, "__args__", ()))
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), kind)
