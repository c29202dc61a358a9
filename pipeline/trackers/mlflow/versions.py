"""Reads back the versions of an experiment's model."""

from typing import Any

from pipeline.trackers import ModelRecord
from pipeline.trackers.mlflow.registry import DECISION, HALF, LOSS, METRIC, champion_version, search_of


def versions(client: Any, experiment: str) -> tuple[ModelRecord, ...]:
    """The versions of the experiment's model, the latest first; none if there is no such model."""
    found = client.search_model_versions(f"name = '{experiment}'") if "'" not in experiment else []
    champion = champion_version(client, experiment) if found else None
    latest = sorted(found, key=lambda version: int(version.version), reverse=True)
    return tuple(_record(client, version, None if champion is None else champion.version) for version in latest)


def _record(client: Any, version: Any, champion: Any) -> ModelRecord:
    run = search_of(client, version)
    tags = version.tags
    return ModelRecord(
        str(version.version),
        version.version == champion,
        version.creation_timestamp / 1000,
        tags.get("search", ""),
        int(tags["trial"]) if "trial" in tags else None,
        tags.get(METRIC, ""),
        float(tags[LOSS]) if LOSS in tags else None,
        float(tags[HALF]) if HALF in tags else None,
        dict(run.data.metrics) if run else {},
        tags.get(DECISION, ""),
    )
