"""A user's own models: `python:module.name` names them in a module beside the experiment's file.

`module` finds the name and reads the module's text without running it. The text shows which of two kinds the name is: a
function that is called like `model` in a file of `models/` (`function`), or a `keras_tuner.HyperModel` (`hypermodel`).
`exploration` finds the space of a HyperModel by building it; `compiled` fits a model that comes compiled to the task.
"""

from typing import TypeAlias

from pipeline.models.python.function import ModelFunction
from pipeline.models.python.hypermodel import HyperModelFamily
from pipeline.models.python.module import member

UserFamily: TypeAlias = ModelFunction | HyperModelFamily


def family(name: str, file: str) -> UserFamily:
    """The family that a file names with `python:module.name`; UserError at `model.family` if there is none."""
    found = member(name, file)
    return HyperModelFamily(found) if found.is_hypermodel else ModelFunction(found)
