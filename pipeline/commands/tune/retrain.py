"""Makes the winner of an experiment's latest search the only trial of a new search, for example on all rows."""

from pathlib import Path
from typing import Any

from pipeline.config.experiment import Experiment
from pipeline.tuning.study import FINISHED, Study
from pipeline.values.errors import UserError
from pipeline.values.trial import BASELINE, Leaderboard


def overrides(experiment: Experiment, mlruns: Path) -> dict[str, Any]:
    """The dotted keys that make an experiment train only its winner, and the baseline.

    UserError if no finished search of the experiment has a trial with a value.
    """
    # name-fingerprint-number: a pattern of the name alone would also match an experiment whose name is longer
    found = [
        p for p in (mlruns / "studies").glob(f"*/{FINISHED}") if p.parent.name.rsplit("-", 2)[0] == experiment.name
    ]
    ended = sorted(found, key=lambda path: path.stat().st_mtime)
    for path in reversed(ended):
        outcomes = [o for o in Study.at(path.parent).past if o.number != BASELINE]
        best = Leaderboard.of(experiment.search.objective, outcomes, None, {}).best
        if best is not None:
            return {
                "search.library": "own",
                "search.sampler": "listed",
                "search.pruner": "none",
                "search.listed": [dict(best.settings)],
            }
    problem = f"no finished search of `{experiment.name}` with a winner was found."
    raise UserError("RETRAIN", problem, f"Run `make tune EXP={experiment.name}` first.")
