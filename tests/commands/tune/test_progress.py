"""A running search as the user sees it: plain lines in a pipe; on a terminal a bar, which disappears at the end."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipeline.commands._terminal import ready
from pipeline.commands.tune.progress import ProgressTracker
from pipeline.config.experiment import Experiment
from pipeline.trackers import Links
from pipeline.trackers.memory import create, open_archive
from pipeline.tuning.study import Study
from pipeline.values.data import Prepared
from pipeline.values.diagnosis import DEAD
from pipeline.values.events import DatasetRecord, SearchMeasured, SearchRecord, TrialEnded, TrialStarted
from pipeline.values.trial import BASELINE, End, Outcome, Trial
from tests.conftest import Make

Watch = Callable[..., "Watched"]
TITANIC = r"^titanic: binary, 535 \D+ 178 \D+ 178 \D+$"
CONTROL = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])")


class Watched:
    """A search shown on a separate console, with a tracker in memory behind it."""

    def __init__(self, experiment: Experiment, folder: Path, *, terminal: bool) -> None:
        self.console = Console(
            file=StringIO(),
            force_terminal=terminal,
            width=120,
            highlight=False,
            soft_wrap=not terminal,
            _environ={"TERM": "xterm-256color"},
        )
        self.folder = folder
        self.progress_tracker = ProgressTracker(create(folder), self.console, experiment)

    @property
    def text(self) -> str:
        return str(self.console.file.getvalue())  # type: ignore[attr-defined]

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def open(self) -> None:
        dataset = DatasetRecord("titanic", "titanic.csv", "0" * 64, 891, "Survived", {})
        self.progress_tracker.open(SearchRecord("one", "titanic", "optuna tpe", "val_loss", {}, {}, {}, dataset))

    def end(self, *outcomes: Outcome) -> list[str]:
        """The lines that the ends of these trials add."""
        before = len(self.lines)
        for outcome in outcomes:
            self.progress_tracker.record(TrialStarted(outcome.trial, outcome.settings))
            self.progress_tracker.record(TrialEnded(outcome))
        return self.lines[before:]


@pytest.fixture
def watch(titanic: Make, tmp_path: Path) -> Watch:
    """Shows a search of ten trials that has begun; with `of`, the lines about its data and its study come first."""

    def begin(
        overrides: dict[str, Any] | None = None, *, terminal: bool = False, of: tuple[Prepared, Study] | None = None
    ) -> Watched:
        watched = Watched(titanic({"search.trials": 10, **(overrides or {})}), tmp_path, terminal=terminal)
        if of is not None:
            watched.progress_tracker.begin(*of)
        watched.open()
        return watched

    return begin


def ended(number: int, value: float | None = None, end: End | None = None, **known: Any) -> Outcome:
    whole = end or (End.COMPLETE if value is not None else End.FAILED)
    return Outcome(
        Trial(number, {"width": 8}, 1, 5), {"width": 8}, whole, value, None if value is None else 3, (), **known
    )


def test_the_baseline_and_each_trial_have_a_line_and_a_new_best_is_called_one(watch: Watch) -> None:
    said = watch().end(
        ended(BASELINE, 0.5), ended(1, 0.61), ended(2, 0.7, End.STOPPED_EARLY), ended(3, 0.60004), ended(4, 0.60004)
    )
    assert said == [
        "   0/10  baseline   complete       val_loss 0.5000 at epoch 3",
        "   1/10  trial 1    complete       val_loss 0.6100 at epoch 3, the best so far",
        "   2/10  trial 2    stopped early  val_loss 0.7000 at epoch 3",
        "   3/10  trial 3    complete       val_loss 0.6000 at epoch 3, the best so far",
        "   4/10  trial 4    complete       val_loss 0.6000 at epoch 3",
    ]


def test_a_trial_without_a_value_is_told_with_its_reason_whatever_letters_it_has(watch: Watch) -> None:
    said = watch().end(
        ended(1, end=End.PRUNED, reason="by the pruner after epoch 2"), ended(2, reason="no memory for [128, 64]")
    )
    assert said == [
        "   1/10  trial 1    pruned         by the pruner after epoch 2",
        "   2/10  trial 2    failed         no memory for [128, 64]",
    ]


def test_an_objective_that_is_to_be_large_has_its_best_above(watch: Watch) -> None:
    said = watch({"search.objective": "val_accuracy"}).end(ended(1, 0.7), ended(2, 0.6), ended(3, 0.8))
    assert [line.endswith(", the best so far") for line in said] == [True, False, True]
    assert said[2] == "   3/10  trial 3    complete       val_accuracy 0.8000 at epoch 3, the best so far"


def test_dead_units_are_warned_of_beside_their_trial(watch: Watch) -> None:
    few, many = ended(1, 0.5, diagnosis={DEAD: 0.39}), ended(2, 0.6, diagnosis={DEAD: 0.4})
    assert watch().end(few, many) == [
        "   1/10  trial 1    complete       val_loss 0.5000 at epoch 3, the best so far",
        "   2/10  trial 2    complete       val_loss 0.6000 at epoch 3 (40% of units dead: learning rate too high?)",
    ]


def test_a_long_search_says_about_forty_lines_and_each_new_best(watch: Watch) -> None:
    watched = watch({"search.trials": 400})
    values = [1.0 if number not in (7, 395) else 1.0 - number / 1000 for number in range(1, 401)]
    said = watched.end(*(ended(number, value) for number, value in enumerate(values, 1)))
    numbers = [int(line.split("/")[0]) for line in said]
    assert numbers == sorted({1, 7, 395, *range(10, 401, 10)})
    assert [n for n, line in zip(numbers, said, strict=True) if "best so far" in line] == [1, 7, 395]


def test_a_search_that_plans_fewer_trials_counts_up_to_these(watch: Watch) -> None:
    watched = watch({"search.trials": 400})
    watched.progress_tracker.record(SearchMeasured({"trials/planned": 23.0}))
    assert [line.split()[0] for line in watched.end(*(ended(n, float(n)) for n in (1, 2, 3)))] == [
        "1/23",
        "2/23",
        "3/23",
    ]


def test_a_resumed_search_says_where_it_goes_on_and_its_best_is_still_to_beat(
    watch: Watch, prepared: Prepared, tmp_path: Path
) -> None:
    study = Study.at(tmp_path / "titanic-0a1b2c3d-1")
    for outcome in (ended(BASELINE, 0.1), ended(1, 0.6), ended(2, 0.5), ended(3, reason="no memory")):
        study.journal.append(outcome)
    watched = watch(of=(prepared, Study.at(study.folder)))
    assert re.fullmatch(r"titanic-0a1b2c3d-1 .* 3 trials .*NEW=1.*", watched.lines[-1])
    assert watched.end(ended(4, 0.55), ended(5, 0.45)) == [
        "   4/10  trial 4    complete       val_loss 0.5500 at epoch 3",
        "   5/10  trial 5    complete       val_loss 0.4500 at epoch 3, the best so far",
    ]


def test_a_new_search_says_what_the_data_came_to_alone(watch: Watch, prepared: Prepared, tmp_path: Path) -> None:
    watched = watch(of=(prepared, Study.at(tmp_path / "titanic-0a1b2c3d-1")))
    assert re.search(TITANIC, watched.lines[0])
    assert [line.partition(": ")[2] for line in watched.lines[1:]] == [*prepared.transform.left_out.values()]
    assert [line.split()[1] for line in watched.lines[1:]] == ["PassengerId", "Name", "Ticket", "Cabin"]


def test_names_with_brackets_are_said_as_they_are(watch: Watch, prepared: Prepared, tmp_path: Path) -> None:
    named = replace(
        prepared,
        dataset=replace(prepared.dataset, name="prices[eur]"),
        transform=replace(prepared.transform, left_out={"[red]": "one value"}),
    )
    study = Study.at(tmp_path / "prices[eur]-0a1b2c3d-1")
    study.journal.append(ended(BASELINE, 0.5))
    watched = watch(of=(named, Study.at(study.folder)))
    assert [line.split()[0] for line in watched.lines] == ["prices[eur]:", "column", "prices[eur]-0a1b2c3d-1"]
    assert re.fullmatch(r"  column \[red\] .*: one value", watched.lines[1])


def test_without_a_validation_part_the_data_has_none(titanic: Make) -> None:
    from pipeline.load import load
    from pipeline.preprocess import preprocess

    experiment = titanic(
        {"data.split.validation": 0.0, "search.objective": "loss", "training.early_stopping.monitor": "loss"}
    )
    console = Console(file=StringIO(), width=140, soft_wrap=True)
    ready(preprocess(load(experiment), experiment), console)
    first = console.file.getvalue().splitlines()[0]  # type: ignore[attr-defined]
    assert re.search(r"^titanic: binary, 713 \D+ 0 \D+ 178 \D+$", first)


def test_everything_is_handed_on_to_the_tracker(watch: Watch) -> None:
    watched = watch()
    watched.end(ended(BASELINE, 0.5), ended(1, 0.4), ended(2, reason="no memory"))
    assert watched.progress_tracker.close() == Links({})
    read = open_archive(watched.folder).curves("one")
    assert [(line.number, line.end, line.value) for line in read] == [
        (BASELINE, End.COMPLETE, 0.5),
        (1, End.COMPLETE, 0.4),
        (2, End.FAILED, None),
    ]


def test_a_terminals_bar_tells_the_counts_and_the_best_and_is_gone_at_the_end(
    watch: Watch, prepared: Prepared, tmp_path: Path
) -> None:
    watched = watch(terminal=True, of=(prepared, Study.at(tmp_path / "titanic-0a1b2c3d-1")))
    watched.progress_tracker.record(SearchMeasured({"trials/planned": 8.0}))
    watched.end(ended(BASELINE, 0.5), ended(1, 0.61), ended(2, end=End.PRUNED), ended(3, end=End.PRUNED), ended(4))
    watched.end(ended(5, 0.41))
    watched.progress_tracker.close()
    bar = [line for line in CONTROL.sub("", watched.text).splitlines() if "/8" in line][-1]
    assert re.match(r"tune +\S+ +5/8 +2 pruned, 1 failed, best val_loss 0\.4100 \(trial 5\)", bar)
    left = screen(watched.text)
    assert re.search(TITANIC, left[0])
    assert [line.split()[1] for line in left[1:]] == ["PassengerId", "Name", "Ticket", "Cabin"]
    assert "trial 1  " not in watched.text, "lines are for pipes"


def test_a_pipe_gets_no_control_sequence(watch: Watch) -> None:
    watched = watch()
    watched.end(ended(BASELINE, 0.5), ended(1, 0.4))
    watched.progress_tracker.close()
    assert "\x1b" not in watched.text
    assert "\r" not in watched.text
    assert len(watched.lines) == 2


def screen(text: str) -> list[str]:
    """What a terminal shows after all this was written to it; it obeys the few control sequences that rich uses."""
    rows, row, column = [""], 0, 0
    for piece in re.split(r"(\x1b\[\??[\d;]*[A-Za-z]|\r|\n)", text):
        sequence = CONTROL.fullmatch(piece)
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row, column = row + 1, 0
            rows += [""] * (row + 1 - len(rows))
        elif sequence is None:
            rows[row] = rows[row][:column].ljust(column) + piece + rows[row][column + len(piece) :]
            column += len(piece)
        elif sequence[2] == "A":
            row -= int(sequence[1] or 1)
        elif sequence[2] == "K":
            assert sequence[1] == "2", "rich erases whole lines"
            rows[row] = ""
        else:
            assert sequence[2] in "mhl", f"no sequence of rich's: {piece!r}"
    return [line.rstrip() for line in rows if line.strip()]
