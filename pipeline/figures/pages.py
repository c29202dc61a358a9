"""The files that show a search: one page with all its figures, a picture of each, and the leaderboard."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.figures import chart, importance
from pipeline.figures.curves import curves
from pipeline.figures.leaderboard import table
from pipeline.figures.parallel import parallel
from pipeline.figures.progress import progress
from pipeline.figures.slices import slices
from pipeline.values.space import Space
from pipeline.values.trial import Leaderboard

if TYPE_CHECKING:
    import plotly.graph_objects as go

METRICS: Final = ("loss", "accuracy", "mae")


def draw(leaderboard: Leaderboard, space: Space, folder: Path) -> tuple[Path, ...]:
    """The page, pictures and table of a search, written into `folder`; their paths.

    `folder` must hold nothing else: all files in it are named. There is one page, because each carries its own copy of
    Plotly's script, which has 4.8 MB: MLflow shows a page without the files beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trials = [o for o in (*leaderboard.outcomes, leaderboard.baseline) if o]
    measured = {name for o in trials for epoch in o.curve[:1] for name in epoch.metrics}
    charts = {f"curves_{m}": curves(leaderboard, m) for m in METRICS if m in measured}
    course = progress(leaderboard)
    about = [chart.interactive(made) for made in (*charts.values(), course)]
    shares = importance.importance(leaderboard, space)
    if shares is not None:
        finished = sum(o.value is not None for o in leaderboard.outcomes)
        subtitle = f"to {leaderboard.objective}, by PED-ANOVA over {finished} trials"
        about.append(importance.interactive(shares, subtitle))
        importance.picture(shares, subtitle, folder / "importance.png")
    varied = Space({name: d for name, d in space.dimensions.items() if d.at(0.0) != d.at(1.0)})
    if varied.dimensions and leaderboard.best:
        about += [slices(leaderboard, varied), parallel(leaderboard, varied)]
    page(folder / "search.html", "Search", about)
    for name, made in {**charts, "progress": course}.items():
        chart.picture(folder / f"{name}.png", made)
    table(leaderboard).to_csv(folder / "leaderboard.csv", index=False)
    return tuple(sorted(folder.iterdir()))


def page(path: Path, title: str, figures: "Sequence[go.Figure]" = (), *, above: str = "", below: str = "") -> None:
    """Write an HTML file with the figures, one below the other, between the HTML `above` and `below`.

    Plotly's script is inside the file, so the page works without a network. Without figures there is no script.
    """
    parts = [
        figure.to_html(full_html=False, include_plotlyjs=(i == 0), config={"displaylogo": False, "responsive": True})
        for i, figure in enumerate(figures)
    ]
    style = "body { margin: 0 auto; max-width: 1400px; font-family: sans-serif; overflow-x: hidden }"
    head = f'<meta charset="utf-8"><title>{title}</title><style>{style}</style>'
    path.write_text(
        f"<!doctype html><html><head>{head}</head><body>{above}{''.join(parts)}{below}</body></html>", encoding="utf-8"
    )
