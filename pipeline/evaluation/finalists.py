"""The networks that a report is about: the champion's, and those that it is compared with."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

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


@final
@dataclass(frozen=True, slots=True, eq=False)
class Finalists:
    """Networks, with the data that they were trained on.

    The champion is `model`; it answers with the mean of its `members`' answers. `singles` are the models of its best
    setting on each fold, `untuned` those of the baseline. Without folds there are no `singles`, and the baseline has
    one model or none. `confirmed` is None unless folds have judged the champion. `trial` is the trial of the search
    whose settings are the best.
    """

    trial: int
    model: "keras.Model"
    members: "Sequence[keras.Model]"
    singles: "Sequence[keras.Model]"
    untuned: "Sequence[keras.Model]"
    prepared: Prepared
    confirmed: Confirmed | None = None

    def answers(self, models: "Sequence[keras.Model]", rows: Arrays) -> "tuple[np.ndarray, ...]":
        """Each model's answers for prepared rows, as `champion.predict` gives them."""
        return tuple(champion.predict(model, rows.x, self.prepared.transform) for model in models)


def of_search(board: Leaderboard, best: Outcome, blueprint: Blueprint, prepared: Prepared) -> Finalists:
    """The networks of the search itself: those of its best trial and of its baseline, with their kept weights."""
    known = [board.baseline] if board.baseline is not None and BASELINE in board.fitted else []
    untuned = [network(blueprint, outcome, board.fitted) for outcome in known]
    model = network(blueprint, best, board.fitted)
    return Finalists(best.number, model, (model,), (), untuned, prepared)


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
        settings[0].number,
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

    rows, losses = [], []
    by_fold: list[float] = []
    without: list[float] = []
    for number, fold in enumerate(folded.folds):
        part = folded.train.at(fold.validation)
        answers = [champion.predict(of[number], part.x, folded.transform) for of in models]
        total = np.sum(answers, axis=0)
        found = _losses(part, total / len(answers), folded)
        rows.append(folded.split.train[fold.validation])
        losses.append(found)
        by_fold.append(float(found.mean()))
        if len(answers) > 1:
            without += [float(_losses(part, (total - a) / (len(answers) - 1), folded).mean()) for a in answers]
            # the loss over all rows without this model: only the rows of its fold change
    count = len(folded.folds)
    if without:
        changes = [(value - by_fold[i // len(models)]) / count for i, value in enumerate(without)]
        variance = jackknife(changes)
    else:
        # what the rows of different folds add makes this too large rather than too small
        variance = statistics.variance(by_fold) / count
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
