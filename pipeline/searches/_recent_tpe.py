"""Optuna's TPE for thousands of trials."""

from typing import Any, Final, final

from optuna.samplers import TPESampler

MODELLED: Final = 1000
"""Of the trials that are not among the best, TPE's model has the newest ones, so many at most."""


@final
class RecentTPE(TPESampler):
    """TPE whose proposals do not take ever longer: 30 ms at 2,000 trials, 80 ms at 5,000 (measured without this).

    TPE compares two densities: of the best trials, 25 at most, and of all others. Old trials of the second density have
    small weights anyway. With fewer trials than `MODELLED`, the proposals are those of Optuna's own class.
    """

    def _build_parzen_estimator(self, study: Any, search_space: Any, trials: Any, handle_below: bool) -> Any:  # noqa: FBT001
        modelled = trials if handle_below else trials[-MODELLED:]
        return super()._build_parzen_estimator(study, search_space, modelled, handle_below)
