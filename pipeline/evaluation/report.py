"""The result of a search: the champion's scores beside those of the baselines, in numbers and in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, final

from pipeline.evaluation.scores import RESAMPLES, Score

if TYPE_CHECKING:
    import pandas as pd

CHAMPION: Final = "champion"
NAMES: Final = {
    "log_loss": "log loss",
    "accuracy": "accuracy",
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "standardized_mse": "MSE, standardized",
}
"""Metrics as people write them."""


@final
@dataclass(frozen=True, slots=True)
class Row:
    """A model and its scores on one part of the rows; `name` is its key, `title` its name for people."""

    name: str
    title: str
    scores: Mapping[str, Score]


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """By how much the champion is better than another model in a metric (positive: better), from common resamples."""

    metric: str
    against: str
    advantage: Score

    @property
    def sentence(self) -> str:
        """The comparison in words; "beats" and "does NOT beat" only if the interval does not contain 0."""
        value, low, high = (f"{number:.3g}" for number in (abs(self.advantage.value), *self._ends))
        metric = NAMES[self.metric]
        if self.advantage.low > 0:
            return f"beats {self.against} by {value} in {metric} (95 % interval {low} to {high})"
        interval = f"95 % interval of its advantage {low} to {high}"
        if self.advantage.high < 0:
            return f"does NOT beat {self.against}: {value} worse in {metric} ({interval})"
        better = "better" if self.advantage.value > 0 else "worse"
        between = f"{value} {better}" if self.advantage.value else "equal"
        return f"cannot be told apart from {self.against} in {metric}: {between} ({interval})"

    @property
    def _ends(self) -> tuple[float, float]:
        return (self.advantage.low, self.advantage.high)


@final
@dataclass(frozen=True, slots=True)
class Report:
    """The result of a search: `test` holds the champion first; `count` is the number of test rows.

    `headline` says which trial the champion is; `notes` say what is missing and why.
    """

    headline: str
    test: tuple[Row, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    validation: Mapping[str, Score] = field(default_factory=dict)
    count: int = 0
    notes: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, float]:
        """Every score by its name in the tracker; scores that the rows do not define are left out."""
        found: dict[str, float] = {}
        for row in self.test:
            prefix = "test" if row.name == CHAMPION else f"baseline/{row.name}"
            found |= _numbers(prefix, row.scores, intervals=row.name == CHAMPION)
        found |= _numbers("validation", self.validation, intervals=True)
        return {name: value for name, value in found.items() if value == value}  # noqa: PLR0124  NaN

    def table(self) -> "pd.DataFrame":
        """A row for each part, model and metric."""
        import pandas as pd

        parts = [("test", row.title, row.scores) for row in self.test]
        parts += [("validation", CHAMPION, self.validation)] if self.validation else []
        rows = [
            {"part": part, "model": model, "metric": metric, "value": s.value, "low": s.low, "high": s.high}
            for part, model, scores in parts
            for metric, s in scores.items()
        ]
        return pd.DataFrame(rows, columns=["part", "model", "metric", "value", "low", "high"])

    def text(self) -> str:
        """The report in Markdown."""
        parts = [f"# {self.headline}", *self.notes]
        if self.test:
            intervals = (
                f"In brackets: 95 % intervals from {RESAMPLES:,} resamples of these rows, the same for all models."
            )
            verdicts = "\n".join(f"- The champion {c.sentence}." for c in self.comparisons)
            parts += [f"## On the {self.count} rows of the test part", _markdown(self.test), intervals, verdicts]
        if self.validation:
            parts += [
                "## On the validation part",
                _markdown((Row(CHAMPION, CHAMPION, self.validation),)),
                "The champion was chosen by these rows, so these scores are too optimistic.",
            ]
        return "\n\n".join(parts) + "\n"


def _numbers(prefix: str, scores: Mapping[str, Score], *, intervals: bool) -> dict[str, float]:
    found = {}
    for metric, score in scores.items():
        found[f"{prefix}/{metric}"] = score.value
        if intervals:
            found |= {f"{prefix}/{metric}_low": score.low, f"{prefix}/{metric}_high": score.high}
    return found


def _markdown(rows: tuple[Row, ...]) -> str:
    metrics = list(rows[0].scores)
    lines = [["model", *(NAMES[m] for m in metrics)], ["---"] + ["---:"] * len(metrics)]
    lines += [[row.title, *(_cell(row.scores[m]) for m in metrics)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(score: Score) -> str:
    return f"{score.value:.4g} [{score.low:.4g}, {score.high:.4g}]"
