"""Models of a user's own: what `python:module.name` names in a module beside the experiment's file.

`module` finds the name and reads the module's text without running it. By that text the name is a function that is
called as a file of `models/` calls its own (`function`), or a `keras_tuner.HyperModel` (`hypermodel`, whose space
`exploration` finds by building; `compiled` fits a model that comes compiled to the task).
"""

from typing import TypeAlias

from pipeline.models.python.function import ModelFunction
from pipeline.models.python.hypermodel import HyperModelFamily
from pipeline.models.python.module import member

UserFamily: TypeAlias = ModelFunction | HyperModelFamily


def family(name: str, file: str) -> UserFamily:
    """The family that a file names with `python:module.name`; UserError at `model.family` where there is none."""
    found = member(name, file)
    return HyperModelFamily(found) if found.is_hypermodel else ModelFunction(found)
