"""The confusion matrix: for each true class, how often a model predicts each class."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.figures.chart import INK, paper, sheet

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

WRITTEN: Final = 12
"""With more classes than this, the cells are too small to show their counts."""


def interactive(counts: "np.ndarray", classes: Sequence[Any], title: str) -> "go.Figure":
    """A figure for a browser of `counts` (true classes, predicted classes), coloured by share of the true class."""
    import plotly.graph_objects as go

    names = [str(label) for label in classes]
    cells = go.Heatmap(
        z=_shares(counts),
        x=names,
        y=names,
        text=counts,
        zmin=0,
        zmax=1,
        colorscale="Blues",
        xgap=2,
        ygap=2,
        texttemplate="%{text}<br>%{z:.0%}" if len(names) <= WRITTEN else None,
        hovertemplate="true %{y}, predicted %{x}<br>%{text} rows, %{z:.1%} of the class<extra></extra>",
        colorbar={"title": {"text": "share of<br>true class"}, "tickformat": ".0%", "thickness": 12},
    )
    figure = go.Figure(cells)
    side = 240 + max(360, 34 * len(names))
    figure.update_layout(
        **sheet(title, "counts, and shares of each true class"),
        width=side + 60,
        height=side,
        xaxis={"title": "predicted", "type": "category", "constrain": "domain"},
        yaxis={
            "title": "true",
            "type": "category",
            "autorange": "reversed",
            "scaleanchor": "x",
            "automargin": True,
            "ticksuffix": " ",
        },
    )
    return figure


def picture(counts: "np.ndarray", classes: Sequence[Any], title: str, path: Path) -> None:
    """Write the same figure as a PNG file."""
    names = [str(label) for label in classes]
    side = max(4.6, 0.45 * len(names) + 2)
    figure, axes = paper(title, "counts, and shares of each true class", size=(side + 0.8, side))
    shares = _shares(counts)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=45 if max(map(len, names)) > 6 else 0)
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted", ylabel="true")
    if len(names) <= WRITTEN:
        for i in places:
            for j in places:
                colour = "white" if shares[i, j] > 0.55 else INK
                axes.text(j, i, f"{counts[i, j]}\n{shares[i, j]:.0%}", ha="center", va="center", color=colour)
    figure.savefig(path)


def _shares(counts: "np.ndarray") -> "np.ndarray":
    shares: np.ndarray = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    return shares
