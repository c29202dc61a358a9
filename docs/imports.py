"""What imports what in the package, read from its text: for the test of the import order and for the picture of it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HOUSE: Final = Path("pipeline")
ORDER: Final = (
    "__main__",
    "commands",
    "run",
    "tune evaluate checks",
    "load preprocess build tuning",
    "sources transforms models searches engines trackers",
    "config figures evaluation",
    "values",
)
"""The stages and rooms, one level in each line: a module imports from its own room and from lower levels."""
LEVEL: Final = {name: i for i, line in enumerate(ORDER) for name in line.split()}


def modules() -> list[Path]:
    """Every module of the package, by its path from the root of the checkout."""
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
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (found if is_module(found := f"{node.module}.{a.name}") else node.module for a in node.names)


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or a package of the checkout."""
    path = Path(name.replace(".", "/"))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def room(module: str) -> str:
    """The room or the stage of a module `pipeline.ROOM...`."""
    return module.split(".")[1]
