"""What an installed package brings with it, and the one place that its version is read from."""

import tomllib
from pathlib import Path

import pytest

import pipeline
from pipeline.__main__ import main

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_version_is_printed_and_read_from_one_place(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{pipeline.__version__}\n"
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "pipeline.__version__"}
    assert f"\n## [{pipeline.__version__}] - " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_file_that_is_no_python_travels_with_the_package() -> None:
    package = ROOT / "pipeline"
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["pipeline"]
    matched = {pattern: set(package.glob(pattern)) for pattern in patterns}
    assert [pattern for pattern, found in matched.items() if not found] == [], "these match nothing"
    lying = {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert lying == set().union(*matched.values())


def test_pre_commit_runs_what_make_lint_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    commands = [line.partition("entry: ")[2] for line in hooks.splitlines() if "entry: " in line]
    lint = next(line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if "ruff check" in line)
    asked = [part.strip(" \t@").removesuffix(" .") for part in lint.split("&&")]
    assert [command.removesuffix(" --force-exclude") for command in commands] == asked
    assert hooks.count("repo: ") == hooks.count("repo: local")
