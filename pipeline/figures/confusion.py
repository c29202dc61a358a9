"""The confusion matrix: for each true class, how often a model predicts each class."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.figures.chart import INK, paper

if TYPE_CHECKING:
    import numpy as np

SUBTITLE: Final = "counts, and shares of each true class"
WRITTEN: Final = 12
"""With more classes than this, the cells are too small to show their counts."""
DARK: Final = 0.6
"""On a cell with a larger share than this, white figures are easier to read than dark ones."""
STYLE: Final = """
h1, p { margin: 16px }
table { border-spacing: 2px; margin: 16px; font-variant-numeric: tabular-nums }
th { font-weight: normal; padding: 4px 8px; text-align: right }
td { min-width: 28px; height: 28px; padding: 4px; text-align: center }
"""


def html(counts: "np.ndarray", classes: Sequence[Any], title: str) -> str:
    """A table for a browser of `counts` (true classes, predicted classes), coloured by share of the true class.

    It needs no script. Where the mouse rests on a cell, the browser shows its two classes, its count and its share.
    """
    names = [escape(str(label)) for label in classes]
    shares = _shares(counts)
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    rows = [
        f"<tr><th scope=row>{true}</th>"
        + "".join(_cell(true, name, counts[i, j], shares[i, j], len(names)) for j, name in enumerate(names))
        + "</tr>"
        for i, true in enumerate(names)
    ]
    return (
        f"<style>{STYLE}</style><h1>{escape(title)}</h1><p>{SUBTITLE}; true classes in rows, predicted in columns</p>"
        f"<table><thead><tr><th>true \\ predicted</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(true: str, predicted: str, count: int, share: float, classes: int) -> str:
    """A cell of the table, from white for no row of the true class to dark blue for all."""
    hint = f"true {true}, predicted {predicted}: {count} rows, {share:.1%} of the class"
    written = f"{count}<br>{share:.0%}" if classes <= WRITTEN else ""
    ink = "white" if share > DARK else INK
    return f'<td title="{hint}" style="color: {ink}; background: rgb(8 48 107 / {share:.3f})">{written}</td>'


def picture(counts: "np.ndarray", classes: Sequence[Any], title: str, path: Path) -> None:
    """Write the same table as a PNG file."""
    names = [str(label) for label in classes]
    side = max(4.6, 0.45 * len(names) + 2)
    figure, axes = paper(title, SUBTITLE, size=(side + 0.8, side))
    shares = _shares(counts)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=45 if max(map(len, names)) > 6 else 0)
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted", ylabel="true")
    if len(names) <= WRITTEN:
        for i in places:
            for j in places:
                colour = "white" if shares[i, j] > DARK else INK
                axes.text(j, i, f"{counts[i, j]}\n{shares[i, j]:.0%}", ha="center", va="center", color=colour)
    figure.savefig(path)


def _shares(counts: "np.ndarray") -> "np.ndarray":
    shares: np.ndarray = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    return shares
