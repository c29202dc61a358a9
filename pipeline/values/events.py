"""The events of a search, which its tracker records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, final

from pipeline.values.space import Params
from pipeline.values.trial import Epoch, Outcome, Trial


@final
@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A data set as a tracker remembers it; `columns` maps each raw column to its pandas dtype's name."""

    name: str
    source: str
    digest: str
    rows: int
    target: str
    columns: Mapping[str, str]


@final
@dataclass(frozen=True, slots=True)
class SearchRecord:
    """A search as it begins: `identity` is unique to it, `settings` are flat, `files` map a name to its text."""

    identity: str
    experiment: str
    title: str
    objective: str
    settings: Mapping[str, str]
    tags: Mapping[str, str]
    files: Mapping[str, str]
    dataset: DatasetRecord


@final
@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A trial begins, with all its settings, searched and fixed."""

    trial: Trial
    settings: Params


@final
@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch was measured."""

    epoch: Epoch


@final
@dataclass(frozen=True, slots=True)
class TrialEnded:
    """A trial ended."""

    outcome: Outcome


@final
@dataclass(frozen=True, slots=True)
class FileAttached:
    """A file belongs to the search, under `folder` (empty: the top); it is copied before the tracker closes."""

    path: Path
    folder: str = ""


CONFIRMATIONS: Final = "confirmations/planned"
"""The metric of a search that says how many trainings confirm its best settings; it comes before the first of them."""


@final
@dataclass(frozen=True, slots=True)
class SearchMeasured:
    """Metrics and tags of the search as a whole (`test/accuracy`, `seconds/tune`)."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True)
class ChampionRegistered:
    """The champion's folder, ready to be logged and registered under the experiment's name.

    The folder holds `champion.py` (the code of an `mlflow.pyfunc.PythonModel`), the files that it loads,
    `input.json` (rows for the input example) and `output.json` (the champion's predictions for them), both written
    with `pandas.DataFrame.to_json(orient="split")`, and `requirements.txt`. If the champion was confirmed, it also
    holds `confirmed.json`, a `pipeline.values.confirmed.Confirmed`. With `promote` it becomes the champion even if
    the present one is better or cannot be compared with it.
    """

    folder: Path
    trial: int
    promote: bool = False


@final
@dataclass(frozen=True, slots=True)
class SearchEnded:
    """The search is over; if it was `interrupted`, the trials in flight have no end."""

    interrupted: bool = False


Event: TypeAlias = (
    TrialStarted | EpochEnded | TrialEnded | FileAttached | SearchMeasured | ChampionRegistered | SearchEnded
)
