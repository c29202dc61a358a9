"""A search that is killed at random moments and started again: nothing is lost, and nothing is recorded twice."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from pipeline.trackers.mlflow import open_archive
from pipeline.tuning.confirmation import FOLDER
from pipeline.tuning.journal import Journal
from pipeline.values.trial import Outcome
from tests.commands.conftest import Start, Type

# JAX is imported in a third of the time
LIBRARIES = {
    "optuna": ("--trials", "300", "--backend", "jax", "--set", "training.epochs=40"),
    "keras_tuner": (
        *("--library", "keras_tuner", "--sampler", "hyperband"),
        *("--backend", "jax", "--set", "training.epochs=27"),
    ),
}
KILLS = 5
"""Of a search; with those of the other library they are ten."""


def outcomes(mlruns: Path) -> list[Outcome]:
    """The outcomes in the search's own journal, by number."""
    (study,) = (mlruns / "studies").iterdir()
    return sorted(Journal(study / "outcomes.jsonl").read(), key=lambda o: o.number)


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_search_killed_at_random_moments_loses_and_doubles_nothing(
    library: str, started: Start, typed: Type, here: Path
) -> None:
    words = ("tune", "titanic", *LIBRARIES[library])
    seed = int(os.environ.get("KILL_SEED", time.time_ns() % 10_000))
    moments = random.Random(seed)
    for _ in range(KILLS):
        process = started(*words)
        assert process.stdout is not None
        trials = moments.randrange(3)
        for text in process.stdout:
            trials -= "  trial " in text or "  baseline " in text
            if trials <= 0:
                break
        time.sleep(moments.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = typed(*words)
    assert (done.returncode, done.stderr) == (0, ""), f"KILL_SEED={seed} repeats these kills; {done.stdout}"
    assert "continues after" in done.stdout

    journal = outcomes(here / "mlruns")
    found = open_archive(here / "mlruns")
    (search,) = found.searches("titanic")
    read = found.curves(search)
    assert [line.number for line in read] == [o.number for o in journal] == list(range(len(journal)))
    for line, outcome in zip(read, journal, strict=True):
        assert (line.end, line.value, line.best_epoch) == (outcome.end, outcome.value, outcome.best_epoch)
        assert line.settings == {name: str(value) for name, value in outcome.settings.items()}
        assert [(e.number, e.metrics["val_loss"]) for e in line.curve] == [
            (e.number, e.metrics["val_loss"]) for e in outcome.curve
        ]


@pytest.mark.slow
def test_a_confirmation_that_is_killed_goes_on_and_makes_the_same_champion(
    started: Start, typed: Type, here: Path
) -> None:
    words = ("tune", "titanic", "--trials", "8", "--backend", "jax", "--set", "training.epochs=40")
    process = started(*words)
    journals = here / "mlruns" / "studies"
    while sum(path.read_bytes().count(b"\n") for path in journals.glob(f"*/{FOLDER}/outcomes.jsonl")) < 5:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = typed(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "confirming: 28 trainings" in done.stdout
    (study,) = journals.iterdir()
    numbers = [o.number for o in Journal(study / FOLDER / "outcomes.jsonl").read()]
    assert len(numbers) == len(set(numbers)) == 28
    assert typed(*words, "--new").returncode == 0
    resumed, whole = (json.loads((path / "champion" / "confirmed.json").read_text()) for path in journals.iterdir())
    assert resumed == whole
