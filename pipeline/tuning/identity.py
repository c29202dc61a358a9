"""What makes a search itself: by this a command finds out whether it goes on with an earlier one."""

import hashlib
import json
from typing import Final

from pipeline.config import parts
from pipeline.config.experiment import Experiment
from pipeline.config.write import sections

LIMITS: Final = ("trials", "budget", "minutes")
"""The settings that may differ between two runs of the same search."""


def fingerprint(experiment: Experiment, digest: str) -> str:
    """Eight hex digits of what makes a search itself: its resolved file without its limits, and the data's digest.

    A family of one's own counts with its module's text: changed, it would go on with other models.
    """
    content = sections(experiment)
    content["search"] = {key: value for key, value in content["search"].items() if key not in LIMITS}
    code = parts.family(experiment.model.family, experiment.file).code
    content |= {"code": code} if code is not None else {}
    text = json.dumps([content, digest], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
