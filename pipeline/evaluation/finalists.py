"""The networks that a report is about: the champion's, and those that it is compared with."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

from pipeline.evaluation import champion
from pipeline.evaluation.ensemble import averaged
from pipeline.evaluation.scores import log_losses
from pipeline.evaluation.verdict import jackknife
from pipeline.values.blueprint import Blueprint
from pipeline.values.confirmed import LOG_LOSS, SQUARED_ERROR, Confirmed, ConfirmedSetting
from pipeline.values.data import Arrays, Prepared
from pipeline.values.trial import BASELINE, Fitted, Leaderboard, Outcome

if TYPE_CHECKING:
    import keras
    import numpy as np

TIMED: Final = 1024
"""On so many rows it is measured how long an answer takes."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Finalists:
    """Networks, with the data that they were trained on.

    The champion is `model`; it answers with the mean of its `members`' answers. `singles` are the models of its best
    setting on each fold, `untuned` those of the baseline. Without folds there are no `singles`, and the baseline has
    one model or none. `confirmed` is None unless folds have judged the champion.
    """

    model: "keras.Model"
    members: "Sequence[keras.Model]"
    singles: "Sequence[keras.Model]"
    untuned: "Sequence[keras.Model]"
    prepared: Prepared
    confirmed: Confirmed | None = None

    def answers(self, models: "Sequence[keras.Model]", rows: Arrays) -> "tuple[np.ndarray, ...]":
        """Each model's answers for prepared rows, as `champion.predict` gives them."""
        return tuple(champion.predict(model, rows.x, self.prepared.transform) for model in models)

    def sizes(self) -> dict[str, float]:
        """By `champion/…` and `single/…`: `parameters`, and `ms_per_row`, the milliseconds that an answer takes."""
        models = {"champion": self.model} | ({"single": self.singles[0]} if self.singles else {})
        found: dict[str, float] = {}
        for name, model in models.items():
            found[f"{name}/parameters"] = float(model.count_params())
            found[f"{name}/ms_per_row"] = self._milliseconds(model)
        return found

    def _milliseconds(self, model: "keras.Model") -> float:
        """The milliseconds for a row, in a batch of `TIMED` rows; the first call is not counted."""
        rows = self.prepared.train.x[:TIMED]
        champion.predict(model, rows, self.prepared.transform)
        began = time.perf_counter()
        champion.predict(model, rows, self.prepared.transform)
        return (time.perf_counter() - began) * 1000 / len(rows)


def of_search(board: Leaderboard, best: Outcome, blueprint: Blueprint, prepared: Prepared) -> Finalists:
    """The networks of the search itself: those of its best trial and of its baseline, with their kept weights."""
    known = [board.baseline] if board.baseline is not None and BASELINE in board.fitted else []
    untuned = [network(blueprint, outcome, board.fitted) for outcome in known]
    model = network(blueprint, best, board.fitted)
    return Finalists(model, (model,), (), untuned, prepared)


def of_folds(
    settings: Sequence[ConfirmedSetting],
    baseline: ConfirmedSetting | None,
    blueprint: Blueprint,
    folded: Prepared,
    fitted: Mapping[int, Fitted],
) -> Finalists:
    """The networks of `settings`, best first, on all folds; the champion is the average of them all."""
    by_setting = [[network(blueprint, fold, fitted) for fold in setting.folds] for setting in settings]
    untuned = [network(blueprint, fold, fitted) for fold in baseline.folds] if baseline is not None else []
    members = [member for models in by_setting for member in models]
    return Finalists(
        averaged(members, blueprint.input),
        members,
        by_setting[0],
        untuned,
        folded,
        unseen(by_setting, folded),
    )


def network(blueprint: Blueprint, outcome: Outcome, fitted: Mapping[int, Fitted]) -> "keras.Model":
    """The network of an outcome's settings with its kept weights."""
    made = blueprint.answering(blueprint.settings(outcome.trial.params))
    made.set_weights(list(fitted[outcome.number].weights))
    return made


def unseen(models: "Sequence[Sequence[keras.Model]]", folded: Prepared) -> Confirmed:
    """The losses of the rows, each by the average of those models that did not train on it.

    `models` holds for each setting the models of all folds.
    """
    import numpy as np

    count = len(folded.folds)
    rows, losses = [], []
    # by how much the loss over all rows changes without one model; only the rows of its fold change
    changes: list[float] = []
    for number, fold in enumerate(folded.folds):
        part = folded.train.at(fold.validation)
        answers = [champion.predict(of[number], part.x, folded.transform) for of in models]
        total = np.sum(answers, axis=0)
        found = _losses(part, total / len(answers), folded)
        rows.append(folded.split.train[fold.validation])
        losses.append(found)
        for answer in answers if len(answers) > 1 else ():
            without = _losses(part, (total - answer) / (len(answers) - 1), folded)
            changes.append(float(without.mean() - found.mean()) / count)
    # with a single setting: what the rows of different folds add makes this too large rather than too small
    variance = jackknife(changes) if changes else statistics.variance(float(of.mean()) for of in losses) / count
    return Confirmed(
        LOG_LOSS if folded.transform.classes else SQUARED_ERROR,
        folded.dataset.digest,
        str(folded.dataset.target.name),
        tuple(int(row) for row in np.concatenate(rows)),
        tuple(float(loss) for loss in np.concatenate(losses)),
        variance,
    )


def _losses(rows: Arrays, answers: "np.ndarray", folded: Prepared) -> "np.ndarray":
    """The loss of each row (rows,): the log loss, or the squared error in the target's raw units."""
    truth = folded.transform.truth(rows)
    losses: np.ndarray = log_losses(truth, answers) if folded.transform.classes else (answers - truth) ** 2
    return losses
