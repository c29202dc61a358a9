"""How much each searched setting matters for the objective."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.figures.chart import BASELINE, FAINT, paper, sheet
from pipeline.values.space import Choice, Dimension, Int, Space
from pipeline.values.trial import Direction, Leaderboard

if TYPE_CHECKING:
    import plotly.graph_objects as go

FEWEST: Final = 20
"""With fewer trials that have a value, the best tenth of them is too few to compare with the rest."""

TITLE: Final = "Which settings matter"


def importance(leaderboard: Leaderboard, space: Space) -> dict[str, float] | None:
    """Each setting's share of the importance, largest first; None if too few trials have a value.

    PED-ANOVA (Watanabe, Bansal and Hutter, IJCAI 2023), as Optuna computes it, for the trials of any library: it
    measures how much a setting's values distinguish the best tenth of the trials. A setting that only some trials have
    is weighted by how many of the best have it. It is left out if fewer than `FEWEST` trials have it.
    """
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    trials = [
        (params, o.value)
        for o in leaderboard.outcomes
        if o.value is not None
        and space.holds(params := {name: o.settings[name] for name in space.dimensions if name in o.settings})
    ]
    varied = {
        name: _distribution(d)
        for name, d in space.dimensions.items()
        if d.at(0.0) != d.at(1.0) and sum(name in params for params, _ in trials) >= FEWEST
    }
    if not varied or len({value for _, value in trials}) == 1:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.filterwarnings("ignore", "Some regimes")  # Optuna warns if all trials but one have a setting
        study = _study(leaderboard.direction, trials, varied)
        found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def interactive(shares: Mapping[str, float], subtitle: str) -> "go.Figure":
    """A figure for a browser with the shares as bars, the largest at the top."""
    import plotly.graph_objects as go

    names, values = list(shares), [100 * share for share in shares.values()]
    bars = go.Bar(x=values, y=names, orientation="h", marker={"color": BASELINE}, texttemplate="%{x:.0f} %")
    bars.update(textposition="outside", cliponaxis=False, hoverinfo="skip")
    figure = go.Figure(bars)
    figure.update_layout(
        **sheet(TITLE, subtitle),
        xaxis={"title": "share of the importance, in %", "gridcolor": FAINT, "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "ticksuffix": " ", "automargin": True},
        bargap=0.35,
    )
    return figure


def picture(shares: Mapping[str, float], subtitle: str, path: Path) -> None:
    """Write the shares as bars in a PNG file."""
    figure, axes = paper(TITLE, subtitle, size=(9.0, 1.6 + 0.45 * len(shares)))
    bars = axes.barh(list(shares), [100 * share for share in shares.values()], color=BASELINE, height=0.65)
    axes.bar_label(bars, fmt="%.0f %%", padding=4)
    axes.invert_yaxis()
    axes.set_xlabel("share of the importance, in %")
    axes.grid(axis="x", color=FAINT)
    figure.savefig(path)


def _study(direction: Direction, trials: list[tuple[Any, float]], varied: Mapping[str, Any]) -> Any:
    import optuna

    # at a lower level Optuna prints that a study was created in memory
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(direction=optuna.study.StudyDirection[direction.name])
    finally:
        optuna.logging.set_verbosity(level)
    for params, value in trials:
        known = {name: distribution for name, distribution in varied.items() if name in params}
        point = {name: params[name] for name in known}
        study.add_trial(optuna.trial.create_trial(params=point, distributions=known, value=value))
    return study


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(dimension, Choice):
        return CategoricalDistribution(dimension.options)
    if isinstance(dimension, Int):
        return IntDistribution(dimension.low, dimension.high, log=dimension.log, step=dimension.step)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log, step=dimension.step)
