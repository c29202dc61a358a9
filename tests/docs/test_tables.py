"""The tables of the pages name what the package has: no part is missing, and none is invented."""

import re
from pathlib import Path

import pytest

from pipeline.config import parts
from tests.docs.pages import DOCS, ROOT, rows

LIBRARIES = {"optuna": "optuna", "keras_tuner": "keras_tuner", "own": "listed"}
"""A library as the pages name it, and the part that serves it."""


def test_the_pages_know_every_search() -> None:
    assert set(LIBRARIES.values()) == set(parts.names("searches"))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "searching.md"], ids=lambda page: page.name)
def test_samplers_and_pruners_are_those_of_the_library(page: Path, library: str) -> None:
    part = parts.search(LIBRARIES[library])
    (row,) = (row for row in rows(page, "library") if row[0] == f"`{library}`")
    assert row[1].partition(":")[0] == ", ".join(part.SAMPLERS)
    if page.name == "README.md":
        assert row[2] == ", ".join(part.PRUNERS)


def test_all_but_cmaes_can_search_with_when() -> None:
    found = [parts.search(name) for name in parts.names("searches")]
    assert {s for part in found for s in part.SAMPLERS if s not in part.CONDITIONAL} == {"cmaes"}


def test_sources() -> None:
    shown = [name for row in rows(DOCS / "experiments.md", "source") for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(shown) == list(parts.names("sources"))


def test_families_and_their_settings() -> None:
    shown = {row[0].strip("`"): re.findall(r"`(\w+)`", row[2]) for row in rows(DOCS / "models.md", "family")}
    assert shown.pop("python:module.name") == []
    kinds = {name: parts.family_file(name) for name in parts.names("models")}
    settings = {name: kind.Settings.model_fields for name, kind in kinds.items()}
    assert shown == {name: [field for field in fields if field != "family"] for name, fields in settings.items()}


def test_experiments() -> None:
    shown = [row[0].strip("`") for row in rows(DOCS / "experiments.md", "experiment")]
    assert sorted(shown) == sorted(path.stem for path in (ROOT / "experiments").glob("*.toml"))
