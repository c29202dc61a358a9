"""The leaderboard as a table."""

from typing import TYPE_CHECKING

from pipeline.diagnosis import DEAD, RATIO, warning
from pipeline.trial import Leaderboard

if TYPE_CHECKING:
    import pandas as pd


def table(leaderboard: Leaderboard) -> "pd.DataFrame":
    """A row for each trial, best first, and one for the baseline where its value places it.

    The baseline has no place of its own; trials without a value come last.
    """
    import pandas as pd

    places = {o.number: i for i, o in enumerate(leaderboard.outcomes, start=1) if o.value is not None}
    baseline = [leaderboard.baseline] if leaderboard.baseline else []
    ranked = Leaderboard.of(leaderboard.objective, [*baseline, *leaderboard.outcomes], None, {}).outcomes
    rows = [
        {
            "place": places.get(o.number),
            "trial": o.number if o.number else "baseline",
            "end": o.end.value,
            leaderboard.objective: o.value,
            "best epoch": o.best_epoch,
            "epochs": o.curve[-1].number if o.curve else 0,
            "seconds": round(sum(o.seconds.values()), 3),
            "parameters": o.parameters,
            "dead units": o.diagnosis.get(DEAD),
            "gradient/weight norm": o.diagnosis.get(RATIO),
            "warning": warning(o.diagnosis),
            **o.settings,
            "reason": o.reason,
        }
        for o in ranked
    ]
    whole = {"place": "Int64", "best epoch": "Int64"}
    frame = pd.DataFrame(rows)
    return frame.astype({name: kind for name, kind in whole.items() if name in frame})
