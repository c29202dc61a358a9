"""The leaderboard as a table of all trials."""

from typing import TYPE_CHECKING

from pipeline.values.diagnosis import DEAD, RATIO, warning
from pipeline.values.trial import Leaderboard

if TYPE_CHECKING:
    import pandas as pd


def table(leaderboard: Leaderboard) -> "pd.DataFrame":
    """A row for each trial, best first, with the baseline's row among them, sorted by its value.

    The baseline's cell `place` is empty. Trials without a value come last. The cell of a setting that a trial does
    not have is empty.
    """
    import pandas as pd

    places = {o.number: i for i, o in enumerate(leaderboard.outcomes, start=1) if o.value is not None}
    baseline = [leaderboard.baseline] if leaderboard.baseline else []
    ranked = Leaderboard.of(leaderboard.objective, [*baseline, *leaderboard.outcomes], None, {}).outcomes
    settings = dict.fromkeys(name for o in ranked for name in o.settings)
    rows = [
        {
            "place": places.get(o.number),
            "trial": o.number if o.number else "baseline",
            "end": o.end.value,
            leaderboard.objective: o.value,
            "best epoch": o.best_epoch,
            "epochs run": o.curve[-1].number if o.curve else 0,
            "seconds": round(sum(o.seconds.values()), 3),
            "parameters": o.parameters,
            "dead units": o.diagnosis.get(DEAD),
            "gradient/weight norm": o.diagnosis.get(RATIO),
            "warning": warning(o.diagnosis),
            **{name: o.settings.get(name) for name in settings},
            "reason": o.reason,
        }
        for o in ranked
    ]
    # pandas would turn a column of integers with gaps into floats
    whole = [name for name in settings if all(type(o.settings.get(name, 0)) is int for o in ranked)]
    frame = pd.DataFrame(rows)
    return frame.astype({name: "Int64" for name in ("place", "best epoch", *whole) if name in frame})
