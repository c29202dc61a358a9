"""The identity of a search, by which a command finds out whether it continues an earlier search."""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.config.write import sections

LIMITS: Final = ("trials", "budget", "minutes")
"""The settings that may differ between two runs of the same search."""

ADDED: Final[Mapping[str, Mapping[str, object]]] = {
    "preprocess": {"numbers": "standard", "bins": 8},
    "search": {"folds": 1},
}
"""Keys that were added later, by section, with what every earlier search did; left out of the hash at these values,
so that searches begun without these keys go on."""

ENGINES: Final = {"dense": "vectorized", "vectorized": "lanes"}
"""The names of engines in the hash. Searches begun with an earlier default go on with the present one: both train the
same trials, up to rounding and the random numbers of dropout."""


def fingerprint(experiment: Experiment, digest: str) -> str:
    """Eight hex digits that identify a search: a hash of its resolved file without its limits and the data's digest.

    For a user's own model family, the text of its module is part of the hash: after a change of the module, the search
    would otherwise continue with other models.
    """
    content = sections(experiment)
    del content["evaluate"]  # what happens after the search does not change it
    content["search"] = {key: value for key, value in content["search"].items() if key not in LIMITS}
    engine = content["training"]["engine"]
    content["training"] = {**content["training"], "engine": ENGINES.get(engine, engine)}
    for section, added in ADDED.items():
        content[section] = {k: v for k, v in content[section].items() if k not in added or v != added[k]}
    code = parts.family(experiment.model.family, experiment.file).code
    content |= {"code": code} if code is not None else {}
    text = json.dumps([content, digest], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
