"""What the run of a trial gets at once, and how it gets it through MLflow's client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, final

from pipeline.trackers.mlflow.batches import Point, log
from pipeline.trackers.mlflow.runs import END


@final
@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is to be made: the id of its experiment, its name, its start in milliseconds and its first tags."""

    experiment: str
    name: str
    at: int
    tags: Mapping[str, str]


@final
@dataclass(frozen=True, slots=True)
class Ended:
    """How and when a run ended: MLflow's word for the status, and the time in milliseconds."""

    status: str
    at: int


@final
@dataclass(frozen=True, slots=True)
class Content:
    """What a run gets at once. If it `reopens`, the run is running again, and what it tells about its end is removed.

    What the run holds already may be part of it and is not stored a second time. A param never changes.
    """

    points: Sequence[Point] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    ended: Ended | None = None
    reopens: bool = False


class RunStore(Protocol):
    """Stores runs. It raises MlflowException with the error codes of MLflow's own store."""

    def write(self, run: str | NewRun, content: Content) -> str:
        """The id of `run`, an existing one or one that is now made, after it got `content`."""
        ...


@final
class ClientRuns:
    """Stores through MLflow's client, whatever the store is; after a failure, a part of the content may be stored."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def write(self, run: str | NewRun, content: Content) -> str:
        known = run if isinstance(run, str) else self._make(run)
        if content.reopens:
            self._client.update_run(known, status="RUNNING")
            if END in self._client.get_run(known).data.tags:
                self._client.delete_tag(known, END)
        log(self._client, known, content.points, content.params, content.tags)
        if content.ended is not None:
            self._client.set_terminated(known, content.ended.status, content.ended.at)
        return known

    def _make(self, new: NewRun) -> str:
        return str(self._client.create_run(new.experiment, new.at, dict(new.tags), new.name).info.run_id)
