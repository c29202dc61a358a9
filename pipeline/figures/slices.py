"""The objective plotted against each searched setting."""

import math
from typing import TYPE_CHECKING, Any, Final

from pipeline.figures.chart import BASELINE, FAINT, INK, sheet, span
from pipeline.figures.labels import describe
from pipeline.values.space import Choice, Dimension, Space
from pipeline.values.trial import Leaderboard

if TYPE_CHECKING:
    import plotly.graph_objects as go

ACROSS: Final = 4
"""The number of panels in a row."""


def slices(leaderboard: Leaderboard, space: Space) -> "go.Figure":
    """A figure with a panel for each setting; each finished trial that has it is a point, coloured by its number."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    names = list(space.dimensions)
    columns = min(ACROSS, len(names))
    rows = math.ceil(len(names) / columns)
    figure = make_subplots(rows, columns, shared_yaxes=True, horizontal_spacing=0.03, vertical_spacing=0.35 / rows)
    valued = [(o, o.value) for o in leaderboard.outcomes if o.value is not None]
    for i, (name, dimension) in enumerate(space.dimensions.items()):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        words = isinstance(dimension, Choice)
        having = [(o, value) for o, value in valued if name in o.settings]
        x = [str(o.settings[name]) if words else o.settings[name] for o, _ in having]
        hover = [describe(o) for o, _ in having]
        marker = {"color": [o.number for o, _ in having], "coloraxis": "coloraxis", "size": 7, "opacity": 0.8}
        y = [value for _, value in having]
        points = go.Scatter(x=x, y=y, mode="markers", marker=marker, hovertext=hover, hoverinfo="text")
        figure.add_trace(points, **place)
        figure.update_xaxes(title=name, **_axis(dimension), **place)
    _finish(figure, leaderboard, [value for _, value in valued], rows)
    return figure


def _axis(dimension: Dimension) -> dict[str, Any]:
    if isinstance(dimension, Choice):
        names = [str(option) for option in dimension.options]
        return {"type": "category", "categoryorder": "array", "categoryarray": names}
    if not dimension.log:
        return {"type": "linear"}
    # ticks only at powers of ten, if the axis is long enough to show two of them
    return {"type": "log", "exponentformat": "power", **({"dtick": 1} if dimension.high >= 100 * dimension.low else {})}


def _finish(figure: Any, leaderboard: Leaderboard, values: list[float], rows: int) -> None:
    figure.update_xaxes(gridcolor=FAINT, linecolor=INK, zeroline=False)
    figure.update_yaxes(gridcolor=FAINT, linecolor=INK, zeroline=False, range=list(span(values, leaderboard.direction)))
    figure.update_yaxes(title=leaderboard.objective, col=1)
    baseline = leaderboard.baseline
    if baseline and baseline.value is not None:
        figure.add_hline(y=baseline.value, line={"color": BASELINE, "dash": "5px,3px", "width": 1.5})
    about = f"{len(values)} finished trials, the first are pale" + (" · dashed: the baseline" if baseline else "")
    figure.update_layout(
        **sheet(f"{leaderboard.objective} against each setting", about),
        height=160 + 280 * rows,
        showlegend=False,
        coloraxis={"colorscale": "Viridis_r", "colorbar": {"title": {"text": "trial"}, "thickness": 12}},
    )
