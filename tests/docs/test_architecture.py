"""The page on the architecture is true: its picture, the names that it gives for each file, and its examples of parts.

The examples are written into a copy of the package, and used there in a separate process.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from docs.draw_rooms import BEGIN, END, PICTURE, draw, table
from tests.docs.pages import DOCS, ROOT

PAGE: Final = DOCS / "architecture.md"
TEXT: Final = PAGE.read_text("utf-8")
EXAMPLES: Final = re.findall(r"^~~~(?:python|toml)\n# (\S+)\n(.*?)^~~~$", TEXT, re.MULTILINE | re.DOTALL)
CHANGES: Final = re.findall(r"^~~~diff\n# (\S+)\n-(.*)\n\+(.*)\n~~~$", TEXT, re.MULTILINE)
NAMED: Final = re.findall(r"\]\((\S+\.py)\) ((?:`[\w.]+`(?:, )?)+)", TEXT)
"""Files with the functions and classes that the page says are in them."""
QUESTIONS: Final = {
    "optimizer argument": "config/optimizers.py",
    "lane was refused": "engines/vectorized/engine.py",
    "words of the report": "evaluation/report.py",
    "run is named in MLflow": "values/trial.py",
}
"""What a new contributor must find at once, and where it is."""

Use: TypeAlias = Callable[[str], str]


def test_the_picture_is_drawn_from_the_imports_as_they_are(tmp_path: Path) -> None:
    drawn = tmp_path / "rooms.svg"
    draw(drawn)
    again = "renew it with `python -m docs.draw_rooms`"
    assert (ROOT / PICTURE).read_text("utf-8") == drawn.read_text("utf-8"), again
    assert f"{BEGIN}\n{table()}\n{END}" in TEXT, again


def defined(path: Path) -> set[str]:
    """The functions, classes and constants of a file, and the members of its classes with the class's name before."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        for name in names(node):
            found.add(name)
            if isinstance(node, ast.ClassDef):
                found |= {f"{name}.{inner}" for part in node.body for inner in names(part)}
    return found


def names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
    return []


def test_the_page_names_what_is_in_each_file() -> None:
    assert len(NAMED) > 100
    for link, spans in NAMED:
        missing = set(re.findall(r"[\w.]+", spans)) - defined((DOCS / link).resolve())
        assert not missing, f"{link} has no {', '.join(missing)}"


def test_the_ways_are_numbered_without_a_gap() -> None:
    for way in TEXT.split("\n## "):
        steps = [int(number) for number in re.findall(r"^(\d+)\. ", way, re.MULTILINE)]
        assert steps == list(range(1, len(steps) + 1)), way.splitlines()[0]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_table_answers_what_newcomers_ask(question: str) -> None:
    (row,) = (line for line in TEXT.splitlines() if line.startswith("| ") and question in line.split(" | ")[0])
    assert f"](../pipeline/{QUESTIONS[question]})" in row


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with all examples of the page, and the changes that it asks for."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("pipeline", "experiments", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name, text in EXAMPLES:
        assert not (folder / name).exists()
        (folder / name).write_text(text, encoding="utf-8")
    for name, before, after in CHANGES:
        old = (folder / name).read_text("utf-8")
        assert old.count(f"{before}\n") == 1, f"{name} has no line {before}"
        (folder / name).write_text(old.replace(f"{before}\n", f"{after}\n"), encoding="utf-8")
    return folder


def ran(folder: Path, *words: str) -> str:
    """What a Python process in the copy prints."""
    # Keras is imported in a third of the time on JAX
    given = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env={**os.environ, **given}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def use(copy: Path) -> Use:
    """Runs code in the copy, with a new folder `new`; the result is what it prints."""
    begin = "import tempfile\nfrom pathlib import Path\nnew = Path(tempfile.mkdtemp(dir='.'))\n"
    return lambda code: ran(copy, "-c", begin + code)


def test_there_is_an_example_of_each_part() -> None:
    folders = [Path(name).parent.name for name, _ in EXAMPLES]
    assert folders == ["sources", "experiments", "models", "searches", "engines", "trackers"]


def test_the_source_gives_its_table(use: Use) -> None:
    said = use(
        "from pipeline.config.read import resolve\nfrom pipeline.load import load\n"
        "data = load(resolve('line'))\n"
        "print(*data.features.columns, len(data.target), data.target.name, data.task.value)\n"
    )
    assert said == "x 300 y regression\n"


@pytest.mark.slow
def test_the_family_makes_a_model(use: Use) -> None:
    said = use(
        "from pipeline.build import build\nfrom pipeline.config.read import resolve\n"
        "from pipeline.load import load\nfrom pipeline.preprocess import preprocess\n"
        "own = {'model': {'family': 'residual', 'width': [4, 8]}, 'preprocess': {}, 'baseline': {}}\n"
        "experiment = resolve('titanic', own)\n"
        "blueprint = build(experiment, preprocess(load(experiment), experiment))\n"
        "model = blueprint.model(blueprint.settings({'width': 8}))\n"
        "print(model.output_shape, model.count_params(), *blueprint.space.dimensions)\n"
    )
    inputs, width = 12, 8
    weights = (inputs + 1) * width + 4 * (width + 1) * width + (width + 1) * 2
    assert said.startswith(f"(None, 2) {weights} width ")


def test_the_search_proposes_trials_and_goes_on_where_it_was(use: Use) -> None:
    said = use(
        "from pipeline.config import parts\nfrom pipeline.config.read import resolve\n"
        "from pipeline.values.trial import End, Outcome\n"
        "own = {'search.library': 'scipy', 'search.sampler': 'halton', 'search.trials': 4}\n"
        "experiment = resolve('titanic', own)\n"
        "def made():\n"
        "    part = parts.search(experiment.search.part)\n"
        "    return part.create(experiment.space, experiment.search, experiment.epochs, new)\n"
        "trials = made().ask(9)\n"
        "assert all(experiment.space.holds(trial.params) for trial in trials)\n"
        "made().tell(Outcome(trials[0], trials[0].params, End.FAILED, None, None, ()))\n"
        "assert list(made().ask(9)) == list(trials[1:])\n"
        "print(*(trial.number for trial in trials))\n"
    )
    assert said == "1 2 3 4\n"


def test_a_hint_names_the_new_library(use: Use) -> None:
    said = use(
        "from pipeline.config.read import resolve\nfrom pipeline.values.errors import UserError\n"
        "try:\n    resolve('titanic', {'search.sampler': 'halton'})\n"
        "except UserError as error:\n    print(error)\n"
    )
    assert 'scipy has it: write `library = "scipy"`.' in said


@pytest.mark.slow
def test_the_engine_trains_a_trial_in_the_loop(use: Use) -> None:
    said = use(
        "import logging\n"
        "from pipeline.build import build\nfrom pipeline.config import parts\n"
        "from pipeline.config.read import resolve\nfrom pipeline.load import load\n"
        "from pipeline.preprocess import preprocess\nfrom pipeline.searches.listed import Listed\n"
        "from pipeline.trackers.memory import MemoryTracker\nfrom pipeline.tuning.loop import Limits, Loop\n"
        "from pipeline.tuning.search_record import search_record\nfrom pipeline.tuning.study import Study\n"
        "from pipeline.values.trial import Trial\n"
        "logging.basicConfig(level='INFO')\nlogged = []\n"
        "logging.getLogger('pipeline').addFilter(lambda record: logged.append(record.getMessage()) or True)\n"
        "experiment = resolve('titanic', {'training.engine': 'logged', 'data.rows': 100})\n"
        "data = load(experiment)\nprepared = preprocess(data, experiment)\nblueprint = build(experiment, prepared)\n"
        "engine = parts.engine(experiment.training.engine).create(blueprint, prepared)\n"
        "shelf = {}\ntracker = MemoryTracker(shelf)\ntracker.open(search_record(experiment, data, 'one'))\n"
        "params = blueprint.space.at([0.5] * len(blueprint.space.dimensions))\n"
        "search = Listed([Trial(1, params, 7, 2)])\n"
        "loop = Loop(search, engine, blueprint, experiment, tracker, Study.at(new))\n"
        "(outcome,) = loop.run(Limits())\n"
        "print(outcome.end.value, len(outcome.curve), len(logged), len(shelf['one'].records[1].curve))\n"
    )
    assert said == "complete 2 2 2\n"


def test_the_tracker_reads_back_what_it_recorded(use: Use) -> None:
    said = use(
        "import math, sys\n"
        "from pipeline.config import parts\n"
        "from pipeline.values.events import *\nfrom pipeline.values.trial import *\n"
        "part = parts.tracker('lines')\ntracker = part.create(new)\n"
        "data = DatasetRecord('titanic', 'titanic.csv', '0', 891, 'Survived', {})\n"
        "tracker.open(SearchRecord('one', 'titanic', 'a search', 'val_loss', {}, {}, {}, data))\n"
        "trial = Trial(1, {'width': 8}, 7, 2)\n"
        "curve = (Epoch(1, 1, {'val_loss': math.nan}), Epoch(1, 2, {'val_loss': 0.1 + 0.2}))\n"
        "tracker.record(TrialStarted(trial, {'width': 8}))\n"
        "for epoch in curve:\n    tracker.record(EpochEnded(epoch))\n"
        "tracker.record(TrialEnded(Outcome(trial, {'width': 8}, End.COMPLETE, 0.1 + 0.2, 2, curve)))\n"
        "assert tracker.close().owed == 0\n"
        "archive = part.open_archive(new)\n"
        "(found,) = archive.curves('one')\n"
        "assert repr(found.curve) == repr(curve)\n"
        "assert 'mlflow' not in sys.modules\n"
        "print(archive.searches('titanic'), found.end.value, found.value, found.settings)\n"
    )
    assert said == "('one',) complete 0.30000000000000004 {'width': '8'}\n"


@pytest.mark.slow
def test_the_contract_tests_know_the_new_parts(copy: Path) -> None:
    words = ("-m", "pytest", "-p", "no:cacheprovider", "tests/contracts", "-k", "halton or logged or lines")
    collected = ran(copy, *words, "--collect-only", "-vv")
    for name in ("scipy/halton", "logged", "lines"):
        assert len(re.findall(rf"<Function test_\w+\[{name}\b", collected)) > 10, name


@pytest.mark.slow
def test_the_search_keeps_the_contract(copy: Path) -> None:
    ran(copy, "-m", "pytest", "-p", "no:cacheprovider", "tests/contracts", "-k", "halton")
