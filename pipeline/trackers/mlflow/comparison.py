"""Stores a comparison as a separate run, beside the searches of its experiment."""

from pathlib import Path

from pipeline.trackers import ComparisonPage, Links
from pipeline.trackers.mlflow import store
from pipeline.trackers.mlflow.links import artifact, root
from pipeline.trackers.mlflow.runs import KIND


def attach(folder: Path, comparison: ComparisonPage) -> Links:
    """The address of the run that holds the comparison's files; it waits until the store has them."""
    client = store.connect(folder)
    experiment = store.experiment(client, comparison.experiment, folder)
    tags = {**comparison.tags, KIND: "comparison"}
    made: str = client.create_run(experiment, tags=tags, run_name=comparison.title).info.run_id
    client.log_artifacts(made, str(comparison.page.parent))
    client.set_terminated(made)
    return Links({"comparison": artifact(root(folder), experiment, made, comparison.page.name)})
