"""The command line, typed in a temporary folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.__main__ import main

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[str]"]
Type = Callable[..., "subprocess.CompletedProcess[str]"]
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(folder: Path, tmp_path: Path) -> Path:
    """A folder with `experiments/`, and an `mlruns/` with a fresh database."""
    shutil.copytree(ROOT / "experiments", tmp_path / "here" / "experiments")
    (tmp_path / "here" / "mlruns").mkdir()
    (folder / "mlflow.db").rename(tmp_path / "here" / "mlruns" / "mlflow.db")
    return tmp_path / "here"


@pytest.fixture
def started(here: Path) -> Start:
    """Starts `python -m pipeline` with the given words."""

    def start(*words: str, **how: Any) -> "subprocess.Popen[str]":
        env: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": here, "env": env}
        return subprocess.Popen([sys.executable, "-m", "pipeline", *words], **{**pipes, **how})

    return start


@pytest.fixture
def typed(started: Start) -> Type:
    """Runs `python -m pipeline` with the given words and waits until it ends."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        process = started(*words)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    return run


@pytest.fixture
def told(here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Type:
    """Runs the words in this process, where Keras is imported already: in a new process that takes 6 s."""
    monkeypatch.chdir(here)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        capfd.readouterr()
        code = main(words)
        return subprocess.CompletedProcess(words, code, *capfd.readouterr())

    return run


@pytest.fixture
def ask(
    searched: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Ask:
    """Runs the module's `COMMAND` with words in the folder `searched`: exit code, standard output, standard error."""
    monkeypatch.chdir(searched)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command: tuple[str, ...] = request.module.COMMAND

    def typed(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        return main([*command, *words]), *capfd.readouterr()

    return typed
