"""What a ledger is told of a search when it begins, and where the search's files lie."""

import hashlib
import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import tomli_w

from pipeline.data import Dataset
from pipeline.events import DatasetRecord, SearchRecord
from pipeline.experiment import Experiment, Section
from pipeline.family import Own, family
from pipeline.hyper import Hyper
from pipeline.searchable import written

PACKAGES: Final = ("tensorflow", "keras", "keras-tuner", "optuna", "mlflow", "scikit-learn", "pandas", "numpy")
LIMITS: Final = ("trials", "budget", "minutes")
"""What may change between two goes of the same search."""


def search_record(experiment: Experiment, dataset: Dataset, identity: str) -> SearchRecord:
    """The record of the search `identity`."""
    search = experiment.search
    settings = {f"space/{name}": _text(setting) for name, setting in experiment.settings.items()}
    settings |= {f"baseline/{name}": _text(value) for name, value in experiment.baseline.items()}
    settings |= {f"search/{name}": _text(getattr(search, name)) for name in _given(search) if name != "listed"}
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


def fingerprint(experiment: Experiment, digest: str) -> str:
    """Eight hex digits of what makes a search itself: its resolved file without its limits, and the data's digest.

    A family of one's own counts with its module's text: changed, it would go on with other models.
    """
    content = _sections(experiment)
    content["search"] = {key: value for key, value in content["search"].items() if key not in LIMITS}
    found = family(experiment.model.family, experiment.file)
    content |= {"code": found.named.code} if isinstance(found, Own | Hyper) else {}
    text = json.dumps([content, digest], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def resolved(experiment: Experiment) -> str:
    """The experiment as a file that says everything, defaults and overrides included."""
    return tomli_w.dumps(_sections(experiment))


def _sections(experiment: Experiment) -> dict[str, Any]:
    sections: dict[str, Any] = {
        name: _given(getattr(experiment, name)) for name in ("data", "preprocess", "model", "training", "search")
    }
    return {**sections, "baseline": dict(experiment.baseline)}


def _given(section: Section) -> dict[str, Any]:
    dumped: dict[str, Any] = section.model_dump(exclude_none=True)
    return dumped


def _text(value: Any) -> str:
    plain = written(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def _commit() -> dict[str, str]:
    """The git commit of the code, marked where the tree has changes; nothing outside a checkout."""
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
        "mlflow.source.git.commit": commit,
        "changed": str(bool(git("status", "--porcelain", "--untracked-files=no"))),
    }
