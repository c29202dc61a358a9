"""A chart is described once and drawn twice: for a browser by Plotly, and as a PNG by matplotlib."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from pipeline.values.trial import Direction

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT: Final = "Inter, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
SIZE: Final = (11.0, 6.2)
"""Width and height of a picture, in inches."""
DPI: Final = 150
INK: Final = "#1f2933"
FAINT: Final = "#e4e7eb"

# Okabe and Ito's palette: colour-blind readers can distinguish its colours
BEST: Final = "#d55e00"
BASELINE: Final = "#0072b2"
FINISHED: Final = "#6b8fa8"
PRUNED: Final = "#b4b8bd"
FAILED: Final = "#d9b3c4"
RANKS: Final = ("#00735c", "#117f68", "#218b74", "#319781", "#42a38e", "#54af9b", "#67bba8", "#7ac7b5", "#8ed3c3")
"""The colours of the second best to the tenth best trial, from dark to light."""


@final
class Shape(Enum):
    """How the points of a series are joined."""

    LINE = "lines"
    STEPS = "steps"
    POINTS = "points"
    AREA = "area"
    """The points are the outline of an area that is filled."""


@final
@dataclass(frozen=True, slots=True)
class Series:
    """Points that share a style and a legend entry; a NaN in `y` interrupts the line.

    One click in the legend shows or hides all series of one `group`. Only a series with a `name` has a legend entry.
    `hover` holds a text for each point; if it is empty, the points have no hover text.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: str
    name: str = ""
    group: str = ""
    hover: tuple[str, ...] = ()
    shape: Shape = Shape.LINE
    dashed: bool = False
    width: float = 1.0
    opacity: float = 1.0
    symbol: str = "o"


@final
@dataclass(frozen=True, slots=True)
class Chart:
    """Series between two axes, the last drawn on top; `span` is the part of the y axis that is shown at first.

    The subtitle may have several lines.
    """

    title: str
    subtitle: str
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    span: tuple[float, float]


SHOWN: Final = 0.9
"""The share of the trials, best first, that the y axis shows at first: the worst would stretch it too far."""

SYMBOLS: Final = {"o": "circle", "D": "diamond", "x": "x-thin-open"}


def span(
    values: Sequence[float], direction: Direction, always: Sequence[float] = (), share: float = SHOWN
) -> tuple[float, float]:
    """The (low, high) limits of an axis that show the best `share` of `values` and all of `always`."""
    if not values:
        return (0.0, 1.0)
    ordered = sorted(values, key=direction.key)
    kept = [*ordered[: max(2, math.ceil(share * len(ordered)))], *always]
    margin = 0.06 * (max(kept) - min(kept)) or 0.05
    return (min(kept) - margin, max(kept) + margin)


def interactive(chart: Chart) -> "go.Figure":
    """The chart as a figure for a browser.

    A click in the legend shows or hides a line or group; a double click hides all others.
    """
    import plotly.graph_objects as go

    # the series that is drawn on top comes first in the legend
    figure = go.Figure([_trace(s).update(legendrank=1000 - i) for i, s in enumerate(chart.series)])
    axis = {"gridcolor": FAINT, "linecolor": INK, "ticks": "outside", "tickcolor": INK, "zeroline": False}
    figure.update_layout(
        **sheet(chart.title, chart.subtitle),
        xaxis={"title": chart.x_title, **axis},
        yaxis={"title": chart.y_title, "range": list(chart.span), **axis},
        legend={"groupclick": "togglegroup", "itemsizing": "constant", "tracegroupgap": 1},
        height=640,
    )
    return figure


def sheet(title: str, subtitle: str) -> dict[str, Any]:
    """The layout that all interactive figures share: title, font, background and margins."""
    return {
        "title": {
            "text": title,
            "subtitle": {"text": subtitle.replace("\n", "<br>"), "font": {"size": 13}},
            "x": 0.01,
            "xanchor": "left",
        },
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 70, "r": 30, "t": 90 + 20 * subtitle.count("\n"), "b": 60},
        "hoverlabel": {"align": "left", "bgcolor": "white", "font": {"family": FONT, "size": 12, "color": INK}},
    }


def picture(path: Path, *charts: Chart) -> None:
    """Write the charts as a PNG file, one below the other."""
    from matplotlib.figure import Figure

    width, height = SIZE
    figure = Figure(figsize=(width, height * len(charts)), dpi=DPI, layout="constrained")
    for part, chart in zip(figure.subfigures(len(charts), squeeze=False).flat, charts, strict=True):
        axes = _axes(part, chart.title, chart.subtitle)
        for series in chart.series:
            _draw(axes, series)
        axes.set(xlabel=chart.x_title, ylabel=chart.y_title, ylim=chart.span)
        axes.grid(color=FAINT, linewidth=0.8)
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            part.legend(handles[::-1], labels[::-1], loc="outside right upper", frameon=False, fontsize=9)
    figure.savefig(path)


def paper(title: str, subtitle: str, size: tuple[float, float] = SIZE) -> tuple[Any, Any]:
    """An empty matplotlib figure of `size` inches with a title, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    return figure, _axes(figure, title, subtitle)


def _axes(figure: Any, title: str, subtitle: str) -> Any:
    axes = figure.add_subplot()
    axes.set_title(f"{title}\n" + "\n" * subtitle.count("\n"), loc="left", fontsize=15, color=INK, fontweight="bold")
    axes.text(0, 1.02, subtitle, transform=axes.transAxes, fontsize=10, color=INK)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return axes


def _trace(series: Series) -> "go.Scatter":
    import plotly.graph_objects as go

    if series.shape is Shape.AREA:
        return go.Scatter(
            x=series.x,
            y=series.y,
            mode="none",
            fill="toself",
            fillcolor=series.colour,
            opacity=series.opacity,
            legendgroup=series.group,
            showlegend=False,
            hoverinfo="skip",
        )
    lone = _lone(series)
    sizes: Any = [4.0 if alone else 0.0 for alone in lone] if any(lone) else 0.0
    if series.shape is Shape.POINTS:
        sizes = 5 + 2 * series.width
    line = {"color": series.colour, "width": series.width, "dash": "5px,3px" if series.dashed else "solid"}
    return go.Scatter(
        x=series.x,
        y=series.y,
        mode="markers" if series.shape is Shape.POINTS else "lines+markers" if any(lone) else "lines",
        line={**line, "shape": "hv" if series.shape is Shape.STEPS else "linear"},
        marker={
            "color": series.colour,
            "size": sizes,
            "symbol": SYMBOLS[series.symbol],
            "opacity": 1,
            "line": {"width": 1.5 if series.symbol == "x" else 0, "color": series.colour},
        },
        opacity=series.opacity,
        name=series.name,
        legendgroup=series.group or series.name,
        showlegend=bool(series.name),
        connectgaps=False,
        hovertext=series.hover or None,
        hoverinfo="text" if series.hover else "skip",
    )


def _draw(axes: Any, series: Series) -> None:
    if series.shape is Shape.AREA:
        axes.fill(series.x, series.y, color=series.colour, alpha=series.opacity, linewidth=0)
        return
    style = {"color": series.colour, "alpha": series.opacity, "label": series.name or None}
    if series.shape is Shape.POINTS:
        axes.plot(series.x, series.y, series.symbol, markersize=3.5 + 1.5 * series.width, **style)
        return
    dashes = (0, (3.5, 1.5)) if series.dashed else "solid"
    steps = "steps-post" if series.shape is Shape.STEPS else "default"
    axes.plot(series.x, series.y, linewidth=series.width, linestyle=dashes, drawstyle=steps, **style)
    lone = [(x, y) for x, y, alone in zip(series.x, series.y, _lone(series), strict=True) if alone]
    if lone:
        axes.plot(*zip(*lone, strict=True), "o", markersize=2, color=series.colour, alpha=series.opacity)


def _lone(series: Series) -> list[bool]:
    """For each point, whether it has no neighbour: a line alone would not show it."""
    up = [False, *(not math.isnan(y) for y in series.y), False]
    return [here and not before and not after for before, here, after in zip(up, up[1:], up[2:], strict=False)]
