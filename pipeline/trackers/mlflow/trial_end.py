"""The metrics and tags with which a trial's run in MLflow shows how the trial ended.

Metrics of the end have step 0; those of an epoch have the epoch's number, which counts from 1. So a curve can be read
back without the metrics of the end.
"""

from pipeline.trackers.mlflow.batches import TEXT, Point
from pipeline.trackers.mlflow.runs import END
from pipeline.values.trial import Outcome

NOTE = "mlflow.note.content"
FENCE = "```"


def end_points(at: int, outcome: Outcome) -> list[Point]:
    """`value`, `best/…` at the restored epoch, `epochs` (the last one's number), `parameters` and `seconds/…`.

    The diagnosis is part of `best/…`. For a pruned or failed trial it is that of its best epoch so far.
    """
    numbers: dict[str, float] = {"epochs": float(outcome.curve[-1].number if outcome.curve else 0)}
    if outcome.value is not None:
        numbers["value"] = outcome.value
    if outcome.best_epoch is not None:
        numbers["best/epoch"] = float(outcome.best_epoch)
    if outcome.restored is not None:
        numbers |= {f"best/{name}": value for name, value in outcome.restored.metrics.items()}
    numbers |= {f"best/{name}": value for name, value in outcome.diagnosis.items()}
    if outcome.parameters:
        numbers["parameters"] = float(outcome.parameters)
    numbers |= {f"seconds/{phase}": spent for phase, spent in outcome.seconds.items()}
    return [(name, value, at, 0) for name, value in numbers.items()]


def end_tags(outcome: Outcome) -> dict[str, str]:
    """`end`, and if there are any, `reason` and the model's summary, which becomes the run's description."""
    tags = {END: outcome.end.value}
    if outcome.reason:
        tags["reason"] = outcome.reason
    if outcome.summary:
        tags[NOTE] = f"{FENCE}\n{outcome.summary[: TEXT - 2 * len(FENCE) - 2]}\n{FENCE}"
    return tags
