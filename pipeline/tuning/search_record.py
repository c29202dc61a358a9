"""The record that a tracker gets when a search begins."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pipeline.config.experiment import Experiment
from pipeline.config.searchable import written
from pipeline.config.write import given, resolved
from pipeline.values.data import Dataset
from pipeline.values.events import DatasetRecord, SearchRecord

PACKAGES: Final = ("tensorflow", "keras", "keras-tuner", "optuna", "scikit-learn", "pandas", "numpy")


def search_record(experiment: Experiment, dataset: Dataset, identity: str) -> SearchRecord:
    """The record of the search `identity`."""
    search = experiment.search
    settings = {f"space/{name}": _text(setting) for name, setting in experiment.settings.items()}
    settings |= {f"baseline/{name}": _text(value) for name, value in experiment.baseline.items()}
    settings |= {f"search/{name}": _text(getattr(search, name)) for name in given(search) if name != "listed"}
    return SearchRecord(
        identity=identity,
        experiment=experiment.name,
        title=f"{search.library} {search.sampler}" + ("" if search.pruner == "none" else f" + {search.pruner}"),
        objective=search.objective,
        settings=settings,
        tags={"task": dataset.task.value, "direction": experiment.direction.value, **_versions(), **_commit()},
        files={"experiment.toml": resolved(experiment)},
        dataset=DatasetRecord(
            dataset.name,
            dataset.source,
            dataset.digest,
            len(dataset.target),
            str(dataset.target.name),
            {
                str(c): str(d)
                for c, d in [*dataset.features.dtypes.items(), (dataset.target.name, dataset.target.dtype)]
            },
        ),
    )


def _text(value: Any) -> str:
    plain = written(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def _commit() -> dict[str, str]:
    """The git commit of the code, and whether tracked files have changes; empty outside a git checkout."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(here), *words],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "HEAD")
    if not commit:
        return {}
    return {
        "commit": commit,
        "changed": str(bool(git("status", "--porcelain", "--untracked-files=no"))),
    }
