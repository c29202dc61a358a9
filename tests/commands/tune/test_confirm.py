"""`tune --confirm`: the best settings of a search that is there are confirmed, and become the champion."""

from pathlib import Path

import pytest

from tests.commands.conftest import Type

WORDS = ("titanic", "--trials", "3", "--backend", "jax")
SHORT = "training.epochs=4 model.width=8 preprocess.numbers=standard"


@pytest.mark.slow
def test_a_search_that_was_not_confirmed_is_confirmed_later(typed: Type, here: Path) -> None:
    searched = typed("tune", *WORDS, "--set", f"{SHORT} evaluate.confirm=0")
    assert searched.returncode == 0
    assert "unconfirmed" in searched.stdout
    done = typed("tune", "--confirm", *WORDS, "--set", f"{SHORT} evaluate.folds=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Champion: the average of 6 models: trials " in done.stdout
    assert "untuned, averaged" in done.stdout
    assert len(list((here / "mlruns" / "studies").iterdir())) == 1
    assert "  trial 1 " not in done.stdout  # nothing was searched


def test_without_such_a_search_it_says_what_to_type(typed: Type) -> None:
    done = typed("tune", "--confirm", *WORDS)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no search of `titanic`" in done.stderr
    assert "make tune EXP=titanic" in done.stderr
