"""A chart with the learning curves of all trials."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pipeline.figures import bands
from pipeline.figures.chart import BASELINE, BEST, FAILED, FINISHED, PRUNED, RANKS, Chart, Series, Shape, span
from pipeline.figures.labels import describe, number
from pipeline.values.trial import Direction, End, Leaderboard, Outcome, trial_name

NAMED: Final = 1 + len(RANKS)
"""The number of best trials that have a separate legend entry each."""

LABELS: Final = 12
"""In a group of several trials, at most this number of points of each trial have a hover text with its settings.

With a text at every point, a page of 1,000 trials would have 30 MB.
"""

SHARE: Final = 0.98
"""The share of all points that the y axis shows at first, beside every point of the best trial and the baseline."""


def curves(leaderboard: Leaderboard, metric: str = "loss") -> Chart:
    """A chart of a metric by epoch: validation solid, training dashed.

    The best trials and the baseline are highlighted. All other trials are thin lines in one colour for each group:
    failed, pruned, other finished. If trials were trained on several folds, the best one and the baseline have a band.
    """
    valued = [o for o in leaderboard.outcomes if o.value is not None]
    rest: dict[str, tuple[str, list[Outcome]]] = {
        "failed": (FAILED, [o for o in leaderboard.outcomes if o.end is End.FAILED]),
        "pruned": (PRUNED, [o for o in leaderboard.outcomes if o.end is End.PRUNED]),
        "other finished trials": (FINISHED, valued[NAMED:]),
    }
    series = [
        s
        for title, (colour, outcomes) in rest.items()
        for s in _pair(outcomes, metric, f"{title} ({len(outcomes)})", replace(_thin, colour=colour))
    ]
    for colour, outcome in reversed(list(zip(RANKS, valued[1:NAMED], strict=False))):
        series += _pair([outcome], metric, _title(outcome), replace(_named, colour=colour))
    areas: list[Series] = []
    if leaderboard.baseline:
        title = f"baseline · {number(leaderboard.baseline.value)}"
        areas += bands.of_trial(leaderboard.baseline.curve, f"val_{metric}", BASELINE, title)
        series += _pair([leaderboard.baseline], metric, title, replace(_strong, colour=BASELINE))
    if valued:
        title = f"best: {_title(valued[0])}"
        areas += bands.of_trial(valued[0].curve, f"val_{metric}", BEST, title)
        series += _pair(valued[:1], metric, title, replace(_strong, colour=BEST))
        series += _restored(valued[0], metric)
    shown = [o for o in (*leaderboard.outcomes, leaderboard.baseline) if o]
    important = [o for o in (leaderboard.best, leaderboard.baseline) if o]
    always = [*_values(important, metric), *(y for area in areas for y in bands.last(area))]
    return Chart(
        title=f"{metric.capitalize().replace('_', ' ')} of {len(leaderboard.outcomes)} trials",
        subtitle=_subtitle(leaderboard) + (f"\n{bands.CAPTION}" if areas else ""),
        x_title="epoch",
        y_title=metric.replace("_", " "),
        series=(*areas, *series),
        # otherwise a trial whose loss explodes would stretch the axis until all other curves look flat
        span=span(_values(shown, metric), Direction.of(metric), always, SHARE),
    )


_thin: Final = Series((), (), "", width=0.8, opacity=0.4)
_named: Final = Series((), (), "", width=1.3, opacity=0.9)
_strong: Final = Series((), (), "", width=2.6)


def _pair(outcomes: Sequence[Outcome], metric: str, title: str, style: Series) -> list[Series]:
    """The training and validation lines of some trials, as two series that one legend entry shows or hides."""
    train, validation = (_line(outcomes, name) for name in (metric, f"val_{metric}"))
    found = []
    if train[0]:
        dashed = replace(style, width=style.width * 0.8, opacity=style.opacity * 0.7, dashed=True)
        # if there is a validation line, only that one has hover texts: a page of many trials stays small
        hover = () if validation[0] else train[2]
        name = "" if validation[0] else title
        found.append(replace(dashed, x=train[0], y=train[1], hover=hover, name=name, group=title))
    if validation[0]:
        found.append(replace(style, x=validation[0], y=validation[1], hover=validation[2], name=title, group=title))
    return found


def _line(outcomes: Sequence[Outcome], name: str) -> tuple[tuple[float, ...], tuple[float, ...], tuple[str, ...]]:
    x: list[float] = []
    y: list[float] = []
    hover: list[str] = []
    for outcome in outcomes:
        points = [e for e in outcome.curve if math.isfinite(e.metrics.get(name, math.nan))]
        if points:
            about = describe(outcome)
            every = 1 if len(outcomes) == 1 else math.ceil(len(points) / LABELS)
            labels = [
                f"<b>{name} {number(e.metrics[name])}{bands.about(e, name)}</b> at epoch {e.number}<br>{about}"
                if i % every == 0
                else ""
                for i, e in enumerate(points)
            ]
            x += [e.number for e in points] + [points[-1].number]
            y += [e.metrics[name] for e in points] + [math.nan]
            hover += [*labels, ""]
    return tuple(x), tuple(y), tuple(hover)


def _restored(best: Outcome, metric: str) -> list[Series]:
    for epoch in best.curve:
        value = epoch.metrics.get(f"val_{metric}", epoch.metrics.get(metric, math.nan))
        if epoch.number == best.best_epoch and math.isfinite(value):
            title, words = f"kept weights: epoch {epoch.number}", f"weights of epoch {epoch.number} restored"
            if bands.deviation(epoch, f"val_{metric}") is not None:
                title = words = "mean of the folds' kept values"
            about = f"<b>{words}</b><br>{describe(best)}"
            place = Series((epoch.number,), (value,), BEST, title, hover=(about,))
            return [replace(place, shape=Shape.POINTS, width=2.5, symbol="D")]
    return []


def _title(outcome: Outcome) -> str:
    return f"{trial_name(outcome.number)} · {outcome.end.value} · {number(outcome.value)}"


def _subtitle(leaderboard: Leaderboard) -> str:
    best = leaderboard.best
    lines = "validation solid, training dashed"
    if best is None:
        return f"{lines} · no trial has a value"
    return (
        f"{lines} · best: trial {best.number}, {leaderboard.objective} {number(best.value)} at epoch {best.best_epoch}"
    )


def _values(outcomes: Sequence[Outcome], metric: str) -> list[float]:
    found = (e.metrics.get(name, math.nan) for o in outcomes for e in o.curve for name in (metric, f"val_{metric}"))
    return [value for value in found if math.isfinite(value)]
