"""A trial's end in MLflow's terms: the numbers and words that its run shows at one glance.

Numbers of the end have step 0, those of an epoch its number, which counts from 1: so a curve is read back without them.
"""

from pipeline.trackers.mlflow.batches import TEXT, Point
from pipeline.trackers.mlflow.runs import END
from pipeline.values.trial import Outcome

NOTE = "mlflow.note.content"
FENCE = "```"


def end_points(at: int, outcome: Outcome) -> list[Point]:
    """`value`, `best/…` at the restored epoch, `epochs` (the last one's number), `parameters` and `seconds/…`.

    The diagnosis is among `best/…`, for a pruned or failed trial too: of its best epoch so far.
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
    """`end`, `reason` and the model's summary as the run's description, where there are any."""
    tags = {END: outcome.end.value}
    if outcome.reason:
        tags["reason"] = outcome.reason
    if outcome.summary:
        tags[NOTE] = f"{FENCE}\n{outcome.summary[: TEXT - 2 * len(FENCE) - 2]}\n{FENCE}"
    return tags
