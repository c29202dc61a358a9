"""Parallel coordinates: each finished trial is a line through its settings, coloured by the objective."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pipeline.figures.chart import sheet, span
from pipeline.figures.labels import number
from pipeline.values.space import Choice, Dimension, Int, Scalar, Space
from pipeline.values.trial import Direction, Leaderboard

if TYPE_CHECKING:
    import plotly.graph_objects as go

BELOW: Final = 0.15
"""An axis is extended by this share below its low end, for trials that do not have its setting."""
ABSENT: Final = "none"


def parallel(leaderboard: Leaderboard, space: Space) -> "go.Figure":
    """A figure with an axis for each searched setting and one for the objective; dragging on an axis selects trials."""
    import plotly.graph_objects as go

    # worst first: lines are drawn in this order, and the best should be on top
    trials = [(o.settings, o.value) for o in reversed(leaderboard.outcomes) if o.value is not None]
    values = [value for _, value in trials]
    low, high = span(values, leaderboard.direction)
    best = leaderboard.direction is Direction.MINIMIZE
    shown = [min(max(value, low), high) for value in values]
    axes = [_axis(name, d, [settings.get(name) for settings, _ in trials]) for name, d in space.dimensions.items()]
    figure = go.Figure(
        go.Parcoords(
            dimensions=[*axes, {"label": leaderboard.objective, "values": shown}],
            line={
                "color": shown,
                # the best trials are dark for both directions of the objective
                "colorscale": "Viridis" if best else "Viridis_r",
                "showscale": True,
                "colorbar": {"title": {"text": leaderboard.objective}, "thickness": 12},
            },
            labelfont={"size": 13},
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
            unselected={"line": {"opacity": 0.05}},
        )
    )
    about = f"{len(trials)} finished trials · the best are dark · drag along an axis to select trials"
    figure.update_layout(**sheet("Settings and results of each trial", about), height=560)
    figure.update_layout(margin={"l": 80, "r": 60, "t": 150, "b": 50})
    return figure


def _axis(name: str, dimension: Dimension, values: Sequence[Scalar | None]) -> dict[str, Any]:
    """The axis of a setting; lines of trials that do not have it pass below its low end."""
    axis = _scaled(name, dimension, [value for value in values if value is not None])
    if None not in values:
        return axis
    low, high = axis["range"]
    below, given = low - BELOW * (high - low), iter(axis["values"])
    marks = axis.get("tickvals", [low, high])
    texts = axis.get("ticktext", [number(mark) for mark in marks])
    return {
        **axis,
        "values": [below if value is None else next(given) for value in values],
        "range": [below, high],
        "tickvals": [below, *marks],
        "ticktext": [ABSENT, *texts],
    }


def _scaled(name: str, dimension: Dimension, values: Sequence[Scalar]) -> dict[str, Any]:
    if isinstance(dimension, Choice):
        place = {str(option): i for i, option in enumerate(dimension.options)}
        ticks = {"tickvals": list(place.values()), "ticktext": list(place), "range": [-0.2, len(place) - 0.8]}
        # an option outside the space, which only a listed trial can have, is placed below the axis
        return {"label": name, "values": [place.get(str(v), -1) for v in values], **ticks}
    if dimension.log:
        powers = range(math.ceil(math.log10(dimension.low)), math.floor(math.log10(dimension.high)) + 1)
        marks = sorted({dimension.low, *(10.0**p for p in powers), dimension.high})
        ticks = {"tickvals": [math.log10(m) for m in marks], "ticktext": [number(m) for m in marks]}
        ends = [math.log10(dimension.low), math.log10(dimension.high)]
        return {
            "label": name,
            "values": [math.log10(max(float(v), dimension.low)) for v in values],
            "range": ends,
            **ticks,
        }
    whole = {"tickformat": "d"} if isinstance(dimension, Int) else {}
    return {"label": name, "values": [float(v) for v in values], "range": [dimension.low, dimension.high], **whole}
