"""Imports go only to lower levels and never in a circle; heavy libraries are imported only in their own rooms."""

import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from docs.imports import HOUSE, LEVEL, imports, modules, room

BY_NAME = "config/parts.py"
"""It loads parts by name while the program runs, from whatever level."""
LIBRARIES = {
    "mlflow": ("trackers/mlflow/", "evaluation/pyfunc.py"),
    "optuna": ("searches/optuna.py", "searches/_recent_tpe.py", "figures/importance.py"),
    "keras_tuner": ("searches/keras_tuner.py", "models/python/"),
    "keras": (
        "models/",
        "engines/",
        "transforms/tabular/",
        "config/backend.py",
        "values/blueprint.py",
        "build.py",
        "evaluate.py",
        "checks/models.py",
        "evaluation/",
    ),
    "tensorflow": ("engines/vectorized/tensorflow.py",),
    "jax": ("engines/vectorized/jax.py",),
    "numba": ("engines/dense/kernels.py",),
}


def name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def test_the_house_has_five_stages_and_thirteen_rooms() -> None:
    there = {path.name for path in HOUSE.iterdir() if path.name != "__pycache__"}
    stages = {"load.py", "preprocess.py", "build.py", "tune.py", "evaluate.py"}
    rooms = {
        "commands", "checks", "config", "sources", "transforms", "models", "searches", "engines", "trackers", "tuning",
        "evaluation", "figures", "values",
    }  # fmt: skip
    assert there == stages | rooms | {"__init__.py", "__main__.py", "run.py", "py.typed"}
    assert {entry.removesuffix(".py") for entry in there - {"__init__.py", "py.typed"}} == set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_imports_go_down(path: Path) -> None:
    own = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    for module in imports(path):
        if not module.startswith("pipeline.") or own == "__init__" or room(module) == own:
            continue
        assert LEVEL[room(module)] > LEVEL[own], f"{path} imports {module}, which is not on a lower level"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name(path): {m for m in imports(path) if m.startswith("pipeline.")} - {name(path)} for path in modules()}
    TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_only_one_module_loads_parts_by_name() -> None:
    by_name = [path for path in modules() if "import_module(" in path.read_text("utf-8")]
    # a backend's own file, and a module of a user
    others = {"engines/vectorized/backends.py", "models/python/module.py"}
    assert {path.relative_to(HOUSE).as_posix() for path in by_name} == {BY_NAME, *others}


def test_parts_of_a_folder_do_not_import_each_other() -> None:
    for path in modules():
        folder = path.relative_to(HOUSE).parent.as_posix()
        if folder not in ("searches", "engines", "models", "sources", "commands") or path.name == "__init__.py":
            continue
        for module in imports(path):
            neighbour = module.startswith(f"pipeline.{folder}.") and "._" not in module
            assert not neighbour, f"{path} imports its neighbour {module}"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_file_with_an_underscore_serves_its_own_room_alone(path: Path) -> None:
    own = path.relative_to(HOUSE).parts[0]
    for module in imports(path):
        hidden = module.startswith("pipeline.") and "._" in module
        assert not hidden or room(module) == own, f"{path} imports {module}, which is another room's own"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    for module in imports(path):
        library = module.split(".")[0]
        if library in LIBRARIES:
            assert path.relative_to(HOUSE).as_posix().startswith(LIBRARIES[library]), f"{path} imports {library}"


BROKEN = "training.optimiser=adam"


@pytest.mark.parametrize(
    "words",
    [["--help"], ["tune", "--help"], ["tune", "titanic", "--set", BROKEN], ["check", "titanic", "--set", BROKEN]],
    ids=" ".join,
)
def test_help_and_broken_files_import_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom pipeline.__main__ import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'tensorflow', 'keras', 'mlflow', 'optuna', 'keras_tuner', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
