"""The JSON schema of experiment files, so that editors complete and check them."""

from typing import Any, Final

from pydantic import create_model
from pydantic.json_schema import models_json_schema

from pipeline.config import parts
from pipeline.config.experiment import Evaluate, Preprocess, SearchSettings, Section, Training
from pipeline.config.parts import PREFIX

OWN: Final = {
    "type": "object",
    "title": "a user's own model",
    "properties": {"family": {"type": "string", "pattern": f"^{PREFIX}.+\\..+$"}},
    "required": ["family"],
    "additionalProperties": {"type": ["number", "string", "boolean", "array", "object"]},
}


def schema() -> dict[str, Any]:
    """The schema of a whole file; `[data]` depends on its source and `[model]` on its family."""
    sources = [parts.source(name).Settings for name in parts.names("sources")]
    models = [parts.family_file(name).Settings for name in parts.names("models")]
    sections: list[type[Section]] = [Preprocess, Training, SearchSettings, Evaluate, *sources, *models]
    names = {kind: create_model(_title(kind), __base__=kind) for kind in sections}
    references, definitions = models_json_schema(
        [(m, "validation") for m in names.values()], ref_template="#/$defs/{model}"
    )
    refs = {kind: references[(model, "validation")] for kind, model in names.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "An experiment",
        "type": "object",
        "properties": {
            "data": {"oneOf": [refs[kind] for kind in sources]},
            "preprocess": refs[Preprocess],
            "model": {"oneOf": [*(refs[kind] for kind in models), OWN]},
            "training": refs[Training],
            "search": refs[SearchSettings],
            "evaluate": refs[Evaluate],
            "baseline": {"type": "object", "description": "one value for each setting"},
        },
        "required": ["data", "model"],
        "additionalProperties": False,
        **definitions,
    }


def _title(kind: type[Section]) -> str:
    *_, folder, name = kind.__module__.split(".")
    return f"{folder}-{name}" if kind.__name__ == "Settings" else kind.__name__.removesuffix("Settings").lower()
