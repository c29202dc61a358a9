"""What the pages show is right: every command parses, and every code block is read or built.

A failure names the page and the line. Nothing is trained here, and no command is run.
"""

import ast
import os
import re
import shlex
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import tomli_w

from benchmarks.__main__ import SECTIONS as BENCHMARKED
from pipeline.__main__ import parser
from pipeline.build import build
from pipeline.commands.tune import several
from pipeline.config import overrides
from pipeline.config.read import SECTIONS, resolve
from pipeline.values.data import Prepared
from pipeline.values.errors import UserError
from tests.docs.pages import PAGES, ROOT, Place, blocks, commands, each, places, spans

LANGUAGES: Final = ("toml", "python", "sh", "console", "text")
ENVIRONMENT: Final = ("MLFLOW_TRACKING_URI", "MNIST_DIR")
MINE: Final = "mine"
"""The experiment that a reader makes; there is no file of it."""
PYTHON: Final = (".venv/bin/python", "-m", "pipeline")
COMPLETED: Final = {
    "make predict": " EXP=titanic INPUT=passengers.csv",
    "make models": "",
    "make ui": "",
    "make sync": "",
}
"""What makes a command out of its mere name; of others it is an experiment."""

MAKE: Final = commands("make ")
OURS: Final = [place for place in MAKE if re.match(r"make (tune|check|compare|predict|models|ui|sync)\b", place.text)]
TOML: Final = blocks("toml")


@cache
def makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")


def variables(target: str) -> set[str]:
    """The variables that the recipe of a target reads, through other variables too."""
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n?)*)", makefile(), re.MULTILINE)
    assert recipe is not None, f"the Makefile has no target `{target}`"
    defined = re.findall(r"^(\w+) *[:?]?= *(.*)$", makefile(), re.MULTILINE)
    texts = [recipe[1], *(value for name, value in defined if f"$({name})" in recipe[1])]
    return set(re.findall(r"\b[A-Z]+\b", "\n".join(texts))) - {name for name, _ in defined}


def dry(command: str) -> list[str]:
    """The lines that a make command would run; it runs none."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    words = [*shlex.split(command), "--dry-run", "--no-print-directory", "--assume-old=.venv/.installed"]
    done = subprocess.run(words, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("\\\n", " ").splitlines()


def check_typed(words: list[str]) -> None:
    """Fails if a command line does not parse, or if its experiment does not accept what it sets."""
    assert tuple(words[:3]) == PYTHON
    args = parser().parse_args(words[3:])
    if "trials" not in args or args.experiment == MINE:
        return
    given = overrides.overrides(args)
    for name in several.names(args.experiment, given):
        resolve(name, given)


@each(MAKE)
def test_make_commands_have_a_target_that_reads_their_variables(place: Place) -> None:
    _, target, *given = shlex.split(place.text)
    known = variables(target)
    assert {word.partition("=")[0] for word in given} <= known, f"{place}: make {target} reads {sorted(known)}"
    assert all("=" in word for word in given)


@each(OURS)
def test_make_commands_run_what_parses(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    typed = shlex.split(place.text)
    command = place.text + ("" if len(typed) > 2 else COMPLETED.get(place.text, " EXP=titanic"))
    lines = [line for line in dry(command) if " -m pipeline " in line]
    assert len(lines) == 1
    check_typed(shlex.split(lines[0]))


@each(commands("python -m pipeline", ".venv/bin/python -m pipeline"))
def test_python_commands_parse(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(place.text.removeprefix(".venv/bin/"))
    if not {"--help", "--version"} & set(words):
        check_typed([*PYTHON, *words[3:]])
        return
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words[3:])
    assert ended.value.code == 0


def test_make_bench_is_asked_for_sections_that_there_are() -> None:
    asked = [word.removeprefix("ONLY=") for place in MAKE for word in place.text.split() if word.startswith("ONLY=")]
    assert asked
    assert {name for names in asked for name in names.split(",")} <= set(BENCHMARKED)


def test_variables_in_the_text_are_known() -> None:
    known = {*re.findall(r"\b[A-Z]+\b", makefile()), *ENVIRONMENT}
    named = [(str(span), found[1]) for span in spans(PAGES) if (found := re.match(r"([A-Z_]+)=", span.text))]
    assert {name for _, name in named} >= {"TRIALS", "NEW", "RETRAIN", "PROMOTE"}
    assert [(place, name) for place, name in named if name not in known] == []


def test_every_block_says_what_it_is() -> None:
    """A block without a language is not tested. `console` is a command with its output, `text` is output alone."""
    assert [f"{block}: `{block.language}`" for block in blocks() if block.language not in LANGUAGES] == []
    assert [str(block) for block in blocks("console") if not block.text.startswith("$ ")] == []


def written(folder: Path, block: Place) -> Path:
    """The file of an experiment, beside its page's Python; what the block leaves out is the Titanic and an mlp."""
    (folder / "experiments").mkdir(exist_ok=True)
    texts: dict[str, str] = {}
    for module in places(block.page)[0]:
        name = re.search(r"# (experiments/\w+\.py)", module.text)
        if name is not None:
            texts[name[1]] = texts.get(name[1], "import keras\nimport keras_tuner\n") + f"\n\n{module.text}\n"
    for name_, text in texts.items():
        (folder / name_).write_text(text, encoding="utf-8")
    made = folder / "experiments" / "block.toml"
    whole = {"data": {"source": "titanic"}, "model": {"family": "mlp"}, **tomllib.loads(block.text)}
    made.write_text(tomli_w.dumps(whole), encoding="utf-8")
    return made


@each([block for block in TOML if "python:" not in block.text])
def test_experiments_are_right(place: Place, tmp_path: Path) -> None:
    assert set(tomllib.loads(place.text)) <= set(SECTIONS)
    assert resolve(str(written(tmp_path, place))).space.dimensions, f"{place} searches nothing"


def test_the_readmes_experiment_is_the_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = (block for block in TOML if block.text.startswith("#:schema"))
    shown = resolve(str(written(tmp_path, block)))
    assert shown.model_copy(update={"name": "titanic", "file": "experiments/titanic.toml"}) == resolve("titanic")


@pytest.mark.slow
@each([block for block in TOML if "python:" in block.text])
def test_models_of_the_reader_are_made(place: Place, tmp_path: Path, prepared: Prepared) -> None:
    blueprint = build(resolve(str(written(tmp_path, place))), prepared)
    axes = len(blueprint.space.dimensions)
    for share in (0.0, 1.0):
        model = blueprint.model(blueprint.settings(blueprint.space.at([share] * axes)))
        assert model.output_shape == (None, 2)


@each(blocks("python"))
def test_python_compiles_and_names_its_file(place: Place) -> None:
    ast.parse(place.text)
    assert re.search(r"# experiments/\w+\.py", place.text)


def test_the_mistake_in_the_readme_is_said_like_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shown,) = (block.text for block in blocks("text") if "training.optimiser" in block.text)
    right = (ROOT / "experiments" / "titanic.toml").read_text("utf-8")
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "titanic.toml").write_text(right.replace("optimizer      =", "optimiser ="))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as mistake:
        resolve("titanic")
    assert str(mistake.value) == shown
