"""The result of a search: the champion's scores beside those of other models, in numbers and in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, final

from pipeline.evaluation.scores import RESAMPLES, Score

if TYPE_CHECKING:
    import pandas as pd

CHAMPION: Final = "champion"
SINGLE: Final = "single"
UNTUNED: Final = "untuned"
UNTUNED_AVERAGED: Final = "untuned_averaged"
CONSTANT: Final = "dummy"
CHAMPION_TRIAL: Final = "champion/trial"
"""The metric of a search with the number of the trial whose settings were confirmed as the best."""
CHAMPION_CONFIRMED: Final = "champion/confirmed"
"""The metric of a search that is 1 if its champion was confirmed, else 0."""
PREFIXES: Final = {CHAMPION: "test", SINGLE: "single"}
"""The first word of a row's metrics in the tracker; of all other rows it is `baseline/` and their name."""
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
    """By how much the champion is better than another model in a metric (positive: better).

    `name` is the key of the other model's row, `against` its name in a sentence. `useless`: the champion is not shown
    to be better than the constant, so being better than another model is no success.
    """

    metric: str
    name: str
    against: str
    advantage: Score
    useless: bool = False

    @property
    def beats(self) -> bool:
        """Whether the report claims that the champion is the better one: the interval lies above 0."""
        return self.advantage.low > 0 and not self.useless

    @property
    def sentence(self) -> str:
        """The comparison in words; "beats" and "does NOT beat" only if the interval does not contain 0."""
        value, low, high = (f"{number:.3g}" for number in (abs(self.advantage.value), *self._ends))
        metric = NAMES[self.metric]
        if self.beats:
            return f"beats {self.against} by {value} in {metric} (95 % interval {low} to {high})"
        interval = f"95 % interval of its advantage {low} to {high}"
        if self.advantage.low > 0:
            why = "but it is not shown to be better than the constant, which looks at no column"
            return f"is {value} better than {self.against} in {metric} ({interval}), {why}"
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
class ConfirmedRow:
    """A model as folds judged it: by metric the mean over the folds, and the standard error of this mean."""

    title: str
    measured: Mapping[str, tuple[float, float]]


@final
@dataclass(frozen=True, slots=True)
class Report:
    """The result of a search: `test` holds the champion first; `count` is the number of test rows.

    `champion` says what the champion is, `trials` whose settings it has, the best first; `notes` say what is missing
    and why. `confirmed` holds the settings that were trained again on folds, best first, and `luck` compares the best
    value of the search with the confirmed one. If there are none, `validation` holds the champion's scores on the
    validation part. `measured` are further metrics for the tracker.
    """

    experiment: str
    champion: str
    trials: tuple[int, ...]
    test: tuple[Row, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    confirmed: tuple[ConfirmedRow, ...] = ()
    luck: str = ""
    validation: Mapping[str, Score] = field(default_factory=dict)
    count: int = 0
    notes: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, float]:
        """Every score by its name in the tracker; scores that the rows do not define are left out."""
        found = dict(self.measured)
        for row in self.test:
            prefix = PREFIXES.get(row.name, f"baseline/{row.name}")
            found |= _numbers(prefix, row.scores, intervals=row.name == CHAMPION)
        found |= _numbers("validation", self.validation, intervals=True)
        return {name: value for name, value in found.items() if value == value}  # noqa: PLR0124  NaN

    def table(self) -> "pd.DataFrame":
        """A row for each part, model and metric; `sd` is between models of a kind, `error` the mean's over folds."""
        import pandas as pd

        parts = [("test", row.title, row.scores) for row in self.test]
        parts += [("validation", CHAMPION, self.validation)] if self.validation else []
        rows = [
            {"part": part, "model": model, "metric": metric, "value": s.value, "low": s.low, "high": s.high, "sd": s.sd}
            for part, model, scores in parts
            for metric, s in scores.items()
        ]
        rows += [
            {"part": "confirmed", "model": row.title, "metric": metric, "value": mean, "error": error}
            for row in self.confirmed
            for metric, (mean, error) in row.measured.items()
        ]
        return pd.DataFrame(rows, columns=["part", "model", "metric", "value", "low", "high", "sd", "error"])

    def text(self) -> str:
        """The report in Markdown."""
        parts = [f"# {self.experiment}: the champion is {self.champion}", *self.notes]
        if self.test:
            intervals = (
                f"In brackets: 95 % intervals from {RESAMPLES:,} resamples of these rows, the same for all models. "
                "After ±: the standard deviation between the models of a kind, one for each fold."
            )
            verdicts = "\n".join(f"- The champion {c.sentence}." for c in self.comparisons)
            parts += [f"## On the {self.count} rows of the test part", _markdown(self.test), intervals, verdicts]
        if self.confirmed:
            parts += [
                "## Confirmed on new folds",
                *([self.luck] if self.luck else []),
                _confirmed(self.confirmed),
                "After ±: the standard error of the mean over the folds.",
            ]
        if self.validation:
            parts += [
                "## On the validation part",
                _markdown((Row(CHAMPION, CHAMPION, self.validation),)),
                "The champion was chosen by these rows, so these scores are too optimistic.",
            ]
        return "\n\n".join(parts) + "\n"


def unconfirmed(metrics: Mapping[str, float]) -> bool:
    """Whether the metrics of a search say that its champion was not confirmed.

    If a search is extended and its new champion is not confirmed, then all that was recorded about the confirmation of
    the earlier champion is still there: `CHAMPION_TRIAL`, other metrics, and the file of its confirmed loss.
    """
    return metrics.get(CHAMPION_CONFIRMED) == 0


def _numbers(prefix: str, scores: Mapping[str, Score], *, intervals: bool) -> dict[str, float]:
    found = {}
    for metric, score in scores.items():
        found[f"{prefix}/{metric}"] = score.value
        if score.sd is not None:
            found[f"{prefix}/{metric}_sd"] = score.sd
        elif intervals:
            found |= {f"{prefix}/{metric}_low": score.low, f"{prefix}/{metric}_high": score.high}
    return found


def _markdown(rows: tuple[Row, ...]) -> str:
    metrics = list(rows[0].scores)
    lines = [["model", *(NAMES[m] for m in metrics)], ["---"] + ["---:"] * len(metrics)]
    lines += [[row.title, *(_cell(row.scores[m]) for m in metrics)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(score: Score) -> str:
    if score.sd is not None:
        return f"{score.value:.4g} ± {score.sd:.2g}"
    return f"{score.value:.4g} [{score.low:.4g}, {score.high:.4g}]"


def _confirmed(rows: tuple[ConfirmedRow, ...]) -> str:
    metrics = list(rows[0].measured)
    lines = [["settings", *metrics], ["---"] + ["---:"] * len(metrics)]
    lines += [[row.title, *(f"{mean:.4g} ± {error:.2g}" for mean, error in row.measured.values())] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
