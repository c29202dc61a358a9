"""The models of a report, by their predictions of the same rows: their scores, and how the champion compares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, final

from pipeline.evaluation import verdict
from pipeline.evaluation.baselines import TITLES, baselines
from pipeline.evaluation.finalists import Finalists
from pipeline.evaluation.report import CHAMPION, CONSTANT, SINGLE, UNTUNED, UNTUNED_AVERAGED, Comparison, Row
from pipeline.evaluation.scores import DECIDING, Score, Scores, scores, single, standardized
from pipeline.values.data import Arrays, Task

if TYPE_CHECKING:
    import numpy as np

WITH_ARTICLE: Final = {"dummy": "the "}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model of the report; `members` are predictions of all rows, in the form that `scores` takes.

    The model's prediction is the mean of its members'. But if it is `single`, each member is a model of this kind, and
    its score is the mean of their scores. `title` is its name in a table, `against` in a sentence.
    """

    name: str
    title: str
    against: str
    members: "tuple[np.ndarray, ...]"
    single: bool = False

    @property
    def prediction(self) -> "np.ndarray":
        """The mean of the members' predictions."""
        import numpy as np

        mean: np.ndarray = np.mean(self.members, axis=0)
        return mean

    def candidate(self, task: Task, truth: "np.ndarray") -> dict[str, verdict.Candidate]:
        """What a comparison needs to know, by metric."""
        return (verdict.singles if self.single else verdict.averaged)(task, truth, self.members)


def champion(chosen: Finalists, rows: Arrays) -> Contender:
    """The champion with its answers for prepared rows."""
    return Contender(CHAMPION, CHAMPION, "", chosen.answers(chosen.members, rows))


def all_of(chosen: Finalists, rows: Arrays, seed: int) -> list[Contender]:
    """The models of the report with their answers for prepared rows: networks first, then those that are none."""
    found = [champion(chosen, rows)]
    if chosen.singles:
        # the champion's first members are the models of its best setting, unless it is a single model
        averaged = len(chosen.members) >= len(chosen.singles)
        answers = found[0].members[: len(chosen.singles)] if averaged else chosen.answers(chosen.singles, rows)
        found.append(Contender(SINGLE, "one model", "", answers, single=True))
    if chosen.untuned:
        answers = chosen.answers(chosen.untuned, rows)
        found.append(Contender(UNTUNED, "untuned, one model", "one untuned model", answers, single=True))
        if len(answers) > 1:
            title = "untuned, averaged"
            found.append(Contender(UNTUNED_AVERAGED, title, "the untuned model averaged likewise", answers))
    titles = TITLES[chosen.prepared.dataset.task]
    simple = {name: predict(rows.x) for name, predict in baselines(chosen.prepared, seed).items()}
    known = [name for name in titles if name in simple]
    return [*found, *(Contender(n, titles[n], WITH_ARTICLE.get(n, "") + titles[n], (simple[n],)) for n in known)]


def rows(task: Task, truth: "np.ndarray", contenders: Sequence[Contender], seed: int, scale: float) -> tuple[Row, ...]:
    """Each model with its scores, all from the same resamples; for a regression also the MSE of the scaled target.

    The training of a regression minimizes this MSE; `scale` is the target's standard deviation in training.
    """
    asked = {
        f"{c.name}/{i}": predicted
        for c in contenders
        for i, predicted in enumerate(c.members if c.single else (c.prediction,))
    }
    found = scores(task, truth, asked, seed)
    if task is Task.REGRESSION:
        found = {name: standardized(of, scale) for name, of in found.items()}
    return tuple(Row(c.name, c.title, _table(c, found)) for c in contenders)


def comparisons(task: Task, truth: "np.ndarray", contenders: Sequence[Contender]) -> tuple[Comparison, ...]:
    """The first of `contenders`, the champion, against each other model, in each metric that decides.

    The single model of the champion's best setting is left out: it is the champion's own, not a rival. Tests in a fixed
    order: a champion that does not beat the constant in the first metric is not said to beat anything else. So pure
    noise, where the others may well be worse than the constant, leads to no claim.
    """
    champion, *others = [(c, c.candidate(task, truth)) for c in contenders if c.name != SINGLE]
    found = [
        Comparison(metric, c.name, c.against, verdict.advantage(champion[1][metric], known[metric], metric))
        for metric in DECIDING[task]
        for c, known in others
    ]
    useless = any(c.name == CONSTANT and c.metric == DECIDING[task][0] and not c.beats for c in found)
    return tuple(replace(c, useless=useless) for c in found)


def _table(contender: Contender, found: dict[str, Scores]) -> dict[str, Score]:
    if not contender.single:
        return found[f"{contender.name}/0"].table()
    return single([found[f"{contender.name}/{i}"] for i in range(len(contender.members))])
