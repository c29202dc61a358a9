"""The last lines of `make tune`: champion and scores, or why there are none; the time; the links."""

import re
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from typing import Any

from rich.console import Console

from pipeline.commands.tune.summary import show
from pipeline.evaluation.report import CHAMPION, Comparison, ConfirmedRow, Report, Row
from pipeline.evaluation.scores import Score
from pipeline.run import Finished
from pipeline.trackers import Links
from pipeline.values.diagnosis import DEAD, warning
from pipeline.values.space import Params
from pipeline.values.trial import BASELINE, End, Epoch, Leaderboard, Outcome, Trial

PARAMS: Params = {"width": 24, "learning_rate": 0.0123456, "activation": "relu"}
NOTHING = Report("titanic", "trial 1", (1,))
TESTED = Report(
    "titanic",
    "trial 2, stopped early, [unconfirmed]",
    (2,),
    (
        Row(CHAMPION, "champion", {"log_loss": Score(0.4, 0.35, 0.4567), "accuracy": Score(0.8, 0.75, 0.85)}),
        Row("mode", "majority class", {"log_loss": Score(0.66, 0.6, 0.7), "accuracy": Score(0.6, 0.5, 0.7)}),
    ),
    (
        Comparison("log_loss", "dummy", "the majority class", Score(0.26, 0.2, 0.3)),
        Comparison("accuracy", "dummy", "the majority class", Score(0.2, 0.1, 0.3)),
        Comparison("log_loss", "boosting", "gradient boosting", Score(-0.1, -0.2, -0.05)),
    ),
    validation={"log_loss": Score(0.39, 0.3, 0.5), "accuracy": Score(0.81, 0.7, 0.9)},
    count=178,
    notes=("k-nearest neighbours is missing: [no memory].",),
)


def outcome(number: int, value: float | None = None, end: End | None = None, **known: Any) -> Outcome:
    curve = tuple(Epoch(number, e, {"loss": e / 8, "accuracy": 0.5, "learning_rate": 0.1}) for e in (1, 2, 3))
    trial = Trial(number, PARAMS, 1, 3)
    whole = end or (End.FAILED if value is None else End.STOPPED_EARLY)
    return Outcome(trial, PARAMS, whole, value, None if value is None else 2, curve, parameters=1234, **known)


def board(
    *outcomes: Outcome, seconds: Mapping[str, float] | None = None, baseline: Outcome | None = None, **how: bool
) -> Leaderboard:
    made = Leaderboard.of("val_loss", list(outcomes), baseline or outcome(BASELINE, 0.9), {}, **how)
    return replace(made, seconds=seconds or {})


def shown(
    of: Leaderboard,
    report: Report | None = None,
    links: Links = Links({}),  # noqa: B008  frozen
    seconds: Mapping[str, float] | None = None,
) -> list[str]:
    """The lines that are shown, without the empty ones."""
    console = Console(file=StringIO(), width=140, highlight=False, soft_wrap=True)
    show(Finished(of, report, links, {"tune": 2.0} if seconds is None else seconds), console, "MLflow")
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_the_champion_its_settings_and_its_scores_beside_the_others() -> None:
    assert shown(board(outcome(1, 0.5), outcome(2, 0.45678), outcome(3)), TESTED) == [
        "Champion: trial 2, stopped early, [unconfirmed]",
        "  trial 2: width 24, learning_rate 0.01235, activation relu",
        "on the 178 test rows                 log loss              accuracy",
        "champion                 0.400 [0.350, 0.457]  0.800 [0.750, 0.850]",
        "champion, on validation  0.390 [0.300, 0.500]  0.810 [0.700, 0.900]",
        "majority class           0.660 [0.600, 0.700]  0.600 [0.500, 0.700]",
        # only in the metric that decides, against each model
        *(f"The champion {TESTED.comparisons[i].sentence}." for i in (0, 2)),
        "k-nearest neighbours is missing: [no memory].",
        "Time: 2.0 s: tune 2.0",
    ]


def test_a_confirmed_champion_is_shown_with_its_settings_the_luck_and_the_figures_of_the_folds() -> None:
    spread = Score(0.45, 0.4, 0.5, sd=0.0284)
    confirmed = tuple(
        ConfirmedRow(title, {"val_loss": (mean, 0.0124), "val_accuracy": (0.8, 0.005)})
        for title, mean in (("trial 2", 0.41), ("trial 3", 0.42), ("trial 1", 0.43), ("untuned", 0.44))
    )
    report = Report(
        "titanic",
        "the average of 8 models: trials 2 and 3 on 4 folds",
        (2, 3),
        (
            Row(CHAMPION, "champion", {"log_loss": Score(0.4, 0.35, 0.4567)}),
            Row("single", "one model", {"log_loss": spread}),
        ),
        confirmed=confirmed,
        luck="Best of 3 trials on [178] rows.",
        count=178,
    )
    trials = board(outcome(1, 0.5), outcome(2, 0.6), outcome(3, 0.7))
    assert shown(trials, report)[:-1] == [
        "Champion: the average of 8 models: trials 2 and 3 on 4 folds",
        "  trial 2: width 24, learning_rate 0.01235, activation relu",
        "  trial 3: width 24, learning_rate 0.01235, activation relu",
        "Best of 3 trials on [178] rows.",
        "confirmed on new folds       val_loss   val_accuracy",
        "trial 2                 0.410 ± 0.012  0.800 ± 0.005",
        "trial 3                 0.420 ± 0.012  0.800 ± 0.005",
        "untuned                 0.440 ± 0.012  0.800 ± 0.005",
        "on the 178 test rows              log loss",
        "champion              0.400 [0.350, 0.457]",
        "one model                    0.450 ± 0.028",
    ]


def test_without_a_test_part_the_scores_are_those_on_validation() -> None:
    lines = shown(
        board(outcome(1, 0.5)), replace(TESTED, trials=(1,), test=(), comparisons=(), count=0, notes=("No test part.",))
    )
    assert lines[2:] == [
        "                                     log loss              accuracy",
        "champion, on validation  0.390 [0.300, 0.500]  0.810 [0.700, 0.900]",
        "No test part.",
        "Time: 2.0 s: tune 2.0",
    ]


def test_without_validation_and_test_part_it_is_what_the_training_came_to() -> None:
    assert shown(board(outcome(1, 0.5)), NOTHING)[2:-1] == [
        "champion          in training, epoch 2: loss 0.25, accuracy 0.5",
        "untuned baseline  in training, epoch 2: loss 0.25, accuracy 0.5",
    ]
    failed = outcome(BASELINE, reason="no memory")
    assert shown(board(outcome(1, 0.5), baseline=failed), NOTHING)[2:-1] == [
        "champion          in training, epoch 2: loss 0.25, accuracy 0.5"
    ]


def test_stopped_by_hand_it_names_the_best_so_far_and_how_to_go_on() -> None:
    said, _ = shown(board(outcome(1, 0.5), outcome(2, 0.45678), interrupted=True))
    assert re.fullmatch(r"Stopped by you after 2 trials.* trial 2, val_loss 0\.4568\. The same command .*", said)
    said, _ = shown(board(outcome(1), interrupted=True))
    assert re.fullmatch(r"Stopped by you after 1 trials.* The same command .*", said)
    assert "val_loss" not in said


def test_where_no_trial_has_a_value_the_first_reasons_are_told() -> None:
    trials = (
        outcome(3, reason="no memory"),
        outcome(1, end=End.PRUNED, reason="by the pruner after epoch 1"),
        outcome(2, reason="loss became nan in epoch 2: [see there]"),
    )
    said = shown(board(*trials))[:-1]
    assert re.fullmatch(r"None of the 3 trials has a value.* no champion.*", said[0])
    assert [(line.split()[:2], line.partition(": ")[2]) for line in said[1:]] == [
        (["2", "failed,"], "loss became nan in epoch 2: [see there]"),
        (["1", "pruned,"], "by the pruner after epoch 1"),
    ]
    (said_of_none,) = shown(board())[:-1]
    assert said_of_none.startswith("None of the 0 trials has a value")


def test_dead_units_are_told_of_the_champion_and_of_the_worst_of_the_others() -> None:
    healthy, half, most = ({DEAD: share} for share in (0.1, 0.5, 0.75))

    def said(*diagnoses: Mapping[str, float]) -> list[str]:
        trials = [outcome(n, n / 10, diagnosis=found) for n, found in enumerate(diagnoses, 1)]
        return shown(board(*trials), NOTHING)[2:-3]

    assert said(healthy, healthy, healthy) == []
    (champion,) = said(half, healthy)
    assert champion == f"  In trial 1 of the champion: {warning(half)}"
    (other,) = said(healthy, half, healthy)
    assert re.match(r"  1 trial has many dead ReLU units, .* trial 2 \(50%\)", other)
    assert re.match(r"  2 trials have many dead ReLU units, .* trial 3 \(75%\)", said(half, half, most)[1])
    assert said(half, half, most)[0] == champion


def test_the_time_is_told_by_phase_without_those_too_short_to_print() -> None:
    whole = board(outcome(1, 0.5), seconds={"train": 8.04, "build": 0.049, "tracking": 0.05})
    seconds = {"load": 0.04, "tune": 8.5, "evaluate": 1.26}
    assert shown(whole, NOTHING, seconds=seconds)[-1] == (
        "Time: 9.8 s: tune (train 8.0, tracking 0.1) 8.5, evaluate 1.3"
    )


def test_links_are_listed_under_their_titles_and_owed_events_before_them() -> None:
    addresses = {"this search": "http://localhost:5000/#/experiments/1/runs/[a]?" + 200 * "x", "champion": "http://c"}
    owed, head, *listed = shown(board(outcome(1, 0.5)), NOTHING, Links(addresses, 7))[-4:]
    assert owed.startswith("7 events ")
    assert "`make ui`" in head
    assert listed == [f"  this search              {addresses['this search']}", "  champion                 http://c"]
    assert shown(board(outcome(1, 0.5)), NOTHING, Links({}))[-1] == "Time: 2.0 s: tune 2.0"


def test_what_the_tracker_decided_stands_before_the_links() -> None:
    note = "Version 4 is now the champion: [it] is no worse."
    links = Links({"search": "http://a"}, notes=(note,))
    assert shown(board(outcome(1, 0.5)), NOTHING, links)[-3] == note
