"""A headless browser, and a short search that MLflow's UI shows."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import Finished, run
from pipeline.trackers.mlflow import create
from pipeline.trackers.mlflow.server import served
from tests.conftest import Make, alone


@dataclass(frozen=True)
class Browsed:
    """A search that ran while the UI was running: its folder, and its result with the links that it printed."""

    mlruns: Path
    finished: Finished


@pytest.fixture(scope="session")
def browsed(titanic: Make, template: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsed]:
    mlruns = tmp_path_factory.mktemp("browsed")
    with closing(sqlite3.connect(template)) as made, closing(sqlite3.connect(mlruns / "mlflow.db")) as copy:
        made.backup(copy)
    short = {"search.trials": 4, "training.epochs": 4, "training.early_stopping": False}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as running:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with alone(shared, "ports"):
            running.enter_context(served(mlruns, mlruns / "ui.log"))
        yield Browsed(mlruns, run(titanic(short), create(mlruns), mlruns, lambda blueprint, prepared, study: None))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless browser: Debian's, or the one that Playwright downloaded."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        except Error as error:
            if "Executable doesn't exist" not in str(error):
                raise
            pytest.skip("no browser is installed: apt-get install chromium")
        yield browser
        browser.close()


NO_PANEL = """
localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true");
localStorage.setItem("mlflow.assistant.panelOpen_v1", "false");
"""
"""Without this, MLflow opens its assistant panel on a first visit, which takes a third of the page."""


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A browser tab; a script error in it fails the test."""
    tab = chromium.new_page(viewport={"width": 1400, "height": 900})
    tab.add_init_script(NO_PANEL)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.set_default_timeout(60_000)
    yield tab
    tab.close()
    assert not errors
