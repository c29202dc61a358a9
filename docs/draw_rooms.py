"""Draws the rooms of the package and their imports, and writes the table of them into `docs/architecture.md`.

Run it with `.venv/bin/python -m docs.draw_rooms` after you add or remove an import between two rooms.
"""

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from docs.imports import HOUSE, LEVEL, ORDER, imports, modules, room

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE: Final = Path("docs/pictures/rooms.svg")
PAGE: Final = Path("docs/architecture.md")
BEGIN: Final = "<!-- written by docs/draw_rooms.py -->"
END: Final = "<!-- end -->"
PARTS: Final = HOUSE / "config" / "parts.py"
GENERAL: Final = ("config", "values")
"""Rooms that nearly all others import: these arrows are only in the table."""

WORDS: Final = {
    "__main__": "the command line",
    "commands": "what a person can type",
    "run": "the five stages, in order",
    "tune": "stage 4: train\nand rank trials",
    "checks": "what can be wrong,\nfound before trial 1",
    "load": "stage 1:\nread a table",
    "preprocess": "stage 2: split,\nscale, encode",
    "build": "stage 3: settings\nto a model",
    "evaluate": "stage 5: score\nthe best trial",
    "tuning": "room of stage 4:\nloop, journal, rungs",
    "sources": "data sets\nby name",
    "transforms": "columns to\narrays",
    "models": "model families\nby name",
    "searches": "propose trials\n(samplers)",
    "engines": "train trials",
    "trackers": "record trials,\nread them back",
    "config": "the experiment file:\nread and checked",
    "figures": "curves, tables,\npages",
    "evaluation": "room of stage 5: scores,\nbaselines, report",
    "values": "what all others hand on: errors, space, data, trial, events, blueprint",
}
STAGES: Final = {"load": 1, "preprocess": 2, "build": 3, "tune": 4, "evaluate": 5}
PLACES: Final = {
    "__main__": (6.0, 2.3), "commands": (6.0, 2.3), "run": (6.0, 2.3), "tune": (7.6, 1.9), "checks": (10.7, 2.0),
    "load": (1.0, 1.6), "preprocess": (2.95, 1.7), "build": (4.9, 1.6), "evaluate": (6.95, 1.6), "tuning": (9.3, 2.0),
    "sources": (1.0, 1.6), "transforms": (2.95, 1.6), "models": (4.9, 1.6), "trackers": (6.95, 1.6),
    "searches": (8.9, 1.6), "engines": (10.8, 1.6),
    "config": (2.0, 2.6), "figures": (5.5, 1.6), "evaluation": (8.6, 2.4), "values": (6.0, 9.6),
}  # fmt: skip
"""The middle of each box and its width."""
GAPS: Final = {
    ("tune", "searches"): 8.06, ("tune", "trackers"): 7.93, ("tune", "engines"): 8.19,
    ("evaluate", "figures"): 5.92, ("evaluate", "evaluation"): 7.92, ("checks", "engines"): 10.75,
    ("checks", "searches"): 10.55, ("run", "tuning"): 9.3,
}  # fmt: skip
"""Where an arrow over more than one level passes between the boxes of the levels that it crosses."""
HEIGHT: Final = 0.68
ROW: Final = 1.12
STRAIGHT: Final = 0.28
"""How far below a box, and above the next one, arrows run straight down."""
MANY: Final = {"commands": ("run", "checks"), "run": (*STAGES, "tuning")}
"""Boxes that import nearly all others, and which of their arrows are drawn; the others are only in the table."""
INK: Final = "#444b57"
NAMED: Final = "#d07b1e"
LIGHT: Final = "#7aa3d1"

Arrows: TypeAlias = Mapping[str, frozenset[str]]


def imported() -> Arrows:
    """For each room and stage the others that its files import."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in modules():
        own = _own(path)
        found[own] |= {room(name) for name in imports(path) if name.startswith("pipeline.")} - {own}
    return {name: frozenset(found[name]) for name in LEVEL}


def by_name() -> Arrows:
    """For each room and stage the other folders from which its files load parts by name, through `config/parts`."""
    folders = dict(_functions())
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="parts"), attr=function) if function in folders and path != PARTS:
                    found[_own(path)].add(folders[function])
    return {name: frozenset(found[name] - {name}) for name in LEVEL}


def table() -> str:
    """Both, as a Markdown table; a room's own files are left out."""
    lines = ["| box | imports | loads by name |", "|---|---|---|"]
    direct, named = imported(), by_name()
    for name in LEVEL:
        cells = (", ".join(sorted(arrows[name], key=lambda n: (LEVEL[n], n))) for arrows in (direct, named))
        lines.append(f"| `{name}` | {' | '.join(cell or '-' for cell in cells)} |")
    return "\n".join(lines)


def draw(path: Path) -> None:
    """Write the picture: a row for each level, a box for each stage and room, an arrow for each import between them."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "rooms", "svg.fonttype": "none", "font.family": "DejaVu Sans"}):
        figure = Figure((12.4, 9.4))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-0.5, 11.9), ylim=(-0.95, 8.45))
        axes.axis("off")
        for level in range(len(ORDER)):
            _band(axes, level)
        direct, named = imported(), by_name()
        for source in LEVEL:
            for target in sorted(direct[source] - set(GENERAL)):
                if target in MANY.get(source, LEVEL):
                    _arrow(axes, source, target, LIGHT if source == "run" else INK, dashed=False)
            for target in sorted(name for name in named[source] - direct[source] if LEVEL[name] > LEVEL[source]):
                if target in MANY.get(source, LEVEL):
                    _arrow(axes, source, target, NAMED, dashed=True)
        for name in LEVEL:
            _box(axes, name)
        _legend(axes, direct)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")


def write(page: Path) -> None:
    """Put the table into the page, between its two marks."""
    text = page.read_text("utf-8")
    found = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    page.write_text(found.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", text), encoding="utf-8")


def _own(path: Path) -> str:
    """The room or the stage that a file belongs to."""
    first = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    return "__main__" if first == "__init__" else first


def _functions() -> Iterator[tuple[str, str]]:
    """The functions of `config/parts`, each with the folder that it loads from."""
    for node in ast.parse(PARTS.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            folder = next((t for text in texts if (t := text.removeprefix("pipeline.")) in LEVEL), None)
            if folder is not None:
                yield node.name, folder


def _y(name: str) -> float:
    return (len(ORDER) - 1 - LEVEL[name]) * ROW


def _band(axes: "Axes", level: int) -> None:
    from matplotlib.patches import Rectangle

    y = (len(ORDER) - 1 - level) * ROW
    if level % 2 == 0:
        axes.add_patch(Rectangle((-0.5, y - ROW / 2), 12.4, ROW, facecolor="#f5f6f8", edgecolor="none", zorder=0))
    axes.text(-0.4, y + ROW / 2 - 0.14, f"level {level}", fontsize=7.5, color="#8a8f98", va="center")


def _box(axes: "Axes", name: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, width = PLACES[name]
    y = _y(name)
    fill, edge = ("#fff1d6", "#c98a1b") if name in STAGES else ("#ffffff", "#5f6b7a")
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - HEIGHT / 2),
            width,
            HEIGHT,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=fill,
            edgecolor=edge,
            linewidth=1.1,
            zorder=3,
        )
    )
    lines = WORDS[name].count("\n") + 1
    file = f"{name}.py" if name in STAGES or name in ("run", "__main__") else f"{name}/"
    axes.text(x, y + 0.07 * lines + 0.03, file, fontsize=10, weight="bold", ha="center", va="center", zorder=4)
    axes.text(x, y - 0.15, WORDS[name], fontsize=7.5, ha="center", va="center", color="#333333", zorder=4)


def _arrow(axes: "Axes", source: str, target: str, colour: str, *, dashed: bool) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve

    begin = (_port(source, target), _y(source) - HEIGHT / 2)
    end = (_port(target, source), _y(target) + HEIGHT / 2 + 0.02)
    points = [begin, end]
    if (source, target) in GAPS:
        amid = _y(source) - ROW  # the level that is passed: none is more than two levels high
        points[1:1] = [(GAPS[source, target], amid + HEIGHT / 2), (GAPS[source, target], amid - HEIGHT / 2)]
    corners, codes = [begin], [Curve.MOVETO]
    for one, other in itertools.pairwise(points):
        corners += [(one[0], one[1] - STRAIGHT), (other[0], other[1] + STRAIGHT), other]
        codes += [Curve.CURVE4] * 3
    curve = Curve(corners, codes)
    axes.add_patch(
        FancyArrowPatch(
            path=curve,
            arrowstyle="-|>",
            mutation_scale=8,
            linewidth=1.0,
            linestyle=(0, (4, 2)) if dashed else "solid",
            color=colour,
            zorder=2,
        )
    )


def _port(own: str, other: str) -> float:
    """Where on a box's edge the arrow to or from another begins or ends: shifted towards that other."""
    x, width = PLACES[own]
    shift = (PLACES[other][0] - x) / 11 * width
    return x + min(max(shift, -0.42 * width), 0.42 * width)


def _legend(axes: "Axes", direct: Arrows) -> None:
    keys = (
        (INK, "solid", "imports"),
        (LIGHT, "solid", "run.py calls"),
        (NAMED, (0, (4, 2)), "loads a part by its name, through config/parts.py"),
    )
    x = -0.3
    for colour, style, words in keys:
        axes.plot([x, x + 0.4], [-0.62, -0.62], color=colour, linestyle=style, linewidth=1.3)
        axes.text(x + 0.5, -0.62, words, fontsize=8, va="center")
        x += 0.95 + 0.085 * len(words)
    config, values = (sum(general in targets for targets in direct.values()) for general in GENERAL)
    words = (
        f"Not drawn: {config} boxes import config/ and {values} import values/; "
        "commands/ and run.py also import many rooms below. The table has all."
    )
    axes.text(-0.3, -0.85, words, fontsize=8, va="center")


if __name__ == "__main__":
    draw(PICTURE)
    write(PAGE)
