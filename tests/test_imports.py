"""Modules import only from lower levels of `ORDER`; heavy libraries only where `ROOMS` allows it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path("pipeline")
ORDER = [
    "__main__",
    "commands",
    "summary every retrain",
    "run",
    "evaluate",
    "tune checks",
    "build compare",
    "scaling",
    "preprocess differences",
    "load resolve schema pictures report overrides",
    "pruning progress loop selection",
    "study terminal",
    "record identity",
    "write",
    "models family hyper",  # until the last two lie in models/python/
    "named",
    "stopping searches engines ledgers figures transforms sources scores baselines champion",
    "weights journal conditions",
    "experiment mend",
    "searchable events diagnosis",
    "choose data trial optimizers rows blueprint",
    "space",
    "errors clock interrupt backend",
    "cache",
]
LEVEL = {name: i for i, line in enumerate(ORDER) for name in line.split()}
ROOMS = {
    "mlflow": ("ledgers/mlflow/", "champion"),
    "optuna": ("searches/optuna.py", "figures/importance.py"),
    "keras_tuner": ("searches/keras_tuner.py", "models/_hypermodel.py"),
    "keras": (
        "models/",
        "engines/",
        "backend.py",
        "blueprint.py",
        "build.py",
        "named.py",
        "hyper.py",
        "evaluate.py",
        "scaling.py",
        "checks/models.py",
        "champion",
    ),
    "tensorflow": ("engines/vectorized/tensorflow.py",),
    "jax": ("engines/vectorized/jax.py",),
}


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports when it runs, inside functions too."""
    nodes: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        nodes.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "pipeline":
            yield from (f"pipeline.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def room(module: str) -> str:
    return module.split(".")[1]


def test_every_module_has_its_place_in_the_order() -> None:
    rooms = {path.relative_to(HOUSE).parts[0].removesuffix(".py") for path in modules()} - {"__init__"}
    assert rooms == set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_imports_go_down(path: Path) -> None:
    own = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    for module in imports(path):
        if not module.startswith("pipeline.") or own == "__init__" or room(module) == own:
            continue
        if {room(module), own} <= {"models", "family", "hyper"}:
            continue
        assert LEVEL[room(module)] > LEVEL[own], f"{path} imports {module}, which is not on a lower level"


def test_parts_of_a_folder_do_not_import_each_other() -> None:
    for path in modules():
        folder = path.relative_to(HOUSE).parent.as_posix()
        if folder not in ("searches", "engines", "models", "sources", "commands"):
            continue
        for module in imports(path):
            neighbour = module.startswith(f"pipeline.{folder}.") and "._" not in module
            assert not neighbour, f"{path} imports its neighbour {module}"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    for module in imports(path):
        library = module.split(".")[0]
        if library in ROOMS:
            assert path.relative_to(HOUSE).as_posix().startswith(ROOMS[library]), f"{path} imports {library}"


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
