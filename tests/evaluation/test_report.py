import math

import pytest

from pipeline.evaluation.report import Comparison, ConfirmedRow, Report, Row
from pipeline.evaluation.scores import Score


@pytest.mark.parametrize(
    ("advantage", "sentence"),
    [
        (Score(0.03, 0.01, 0.05), "beats the mean by 0.03 in RMSE (95 % interval 0.01 to 0.05)"),
        (
            Score(0.03, -0.01, 0.07),
            "cannot be told apart from the mean in RMSE: 0.03 better (95 % interval of its advantage -0.01 to 0.07)",
        ),
        (
            Score(-0.03, -0.07, 0.0),
            "cannot be told apart from the mean in RMSE: 0.03 worse (95 % interval of its advantage -0.07 to 0)",
        ),
        (
            Score(-0.03, -0.05, -0.01),
            "does NOT beat the mean: 0.03 worse in RMSE (95 % interval of its advantage -0.05 to -0.01)",
        ),
        (
            Score(0.0, 0.0, 0.0),
            "cannot be told apart from the mean in RMSE: equal (95 % interval of its advantage 0 to 0)",
        ),
    ],
)
def test_a_comparison_says_what_its_interval_allows(advantage: Score, sentence: str) -> None:
    assert Comparison("rmse", "dummy", "the mean", advantage).sentence == sentence


def test_a_champion_that_is_no_better_than_the_constant_beats_nobody() -> None:
    found = Comparison("rmse", "untuned", "one untuned model", Score(0.03, 0.01, 0.05), useless=True)
    assert not found.beats
    assert found.sentence == (
        "is 0.03 better than one untuned model in RMSE (95 % interval of its advantage 0.01 to 0.05), "
        "but it is not shown to be better than the constant, which looks at no column"
    )
    worse = Comparison("rmse", "untuned", "one untuned model", Score(-0.03, -0.05, -0.01), useless=True)
    assert worse.sentence.startswith("does NOT beat one untuned model")


def test_metrics_are_named_for_the_tracker_and_undefined_ones_left_out() -> None:
    rows = (
        Row("champion", "champion", {"accuracy": Score(0.8, 0.7, 0.9), "roc_auc": Score(math.nan, math.nan, math.nan)}),
        Row("dummy", "majority class", {"accuracy": Score(0.6, 0.5, 0.7)}),
        Row("single", "one model", {"accuracy": Score(0.7, 0.6, 0.8, sd=0.02)}),
    )
    report = Report(
        "titanic",
        "trial 1",
        (1,),
        rows,
        measured={"confirmed/value": 0.4},
        validation={"accuracy": Score(0.85, 0.75, 0.95)},
    )
    assert report.metrics == {
        "test/accuracy": 0.8,
        "test/accuracy_low": 0.7,
        "test/accuracy_high": 0.9,
        "baseline/dummy/accuracy": 0.6,
        "single/accuracy": 0.7,
        "single/accuracy_sd": 0.02,
        "confirmed/value": 0.4,
        "validation/accuracy": 0.85,
        "validation/accuracy_low": 0.75,
        "validation/accuracy_high": 0.95,
    }
    text = Report("t", "trial 1", (1,), rows[1:], count=9).text()
    assert "| majority class | 0.6 [0.5, 0.7] |" in text
    assert "| one model | 0.7 ± 0.02 |" in text


def test_what_folds_confirmed_stands_in_the_text_and_in_the_table() -> None:
    rows = (ConfirmedRow("trial 3", {"val_loss": (0.41, 0.012)}), ConfirmedRow("untuned", {"val_loss": (0.44, 0.01)}))
    report = Report("titanic", "two models", (3,), confirmed=rows, luck="Best of 9 trials.")
    text = report.text()
    assert text.startswith("# titanic: the champion is two models\n")
    assert "Best of 9 trials.\n\n| settings | val_loss |" in text
    assert "| trial 3 | 0.41 ± 0.012 |" in text
    last = report.table().to_dict("records")[-1]
    named = ("part", "model", "metric", "value", "error")
    assert [last[name] for name in named] == ["confirmed", "untuned", "val_loss", 0.44, 0.01]
