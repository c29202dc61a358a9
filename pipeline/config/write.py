"""Writes an experiment as a complete file."""

from typing import Any

import tomli_w

from pipeline.config.experiment import Experiment, Section


def resolved(experiment: Experiment) -> str:
    """The text of a file that says everything about the experiment, including defaults and overrides."""
    return tomli_w.dumps(sections(experiment))


def sections(experiment: Experiment) -> dict[str, Any]:
    """The sections of the file by name, each as plain values."""
    sections: dict[str, Any] = {
        name: given(getattr(experiment, name))
        for name in ("data", "preprocess", "model", "training", "search", "evaluate")
    }
    return {**sections, "baseline": dict(experiment.baseline)}


def given(section: Section) -> dict[str, Any]:
    """The keys of a section that have a value, as plain values."""
    dumped: dict[str, Any] = section.model_dump(exclude_none=True)
    return dumped
