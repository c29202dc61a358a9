"""The commands of `python -m pipeline`: each file is a command and has its name.

Each file offers

    HELP: str                          one line
    arguments(parser) -> None          adds its arguments to the parser
    run(args) -> int                   the exit code: 0 done, 1 no success, 2 a mistake of the user, 130 Ctrl-C
"""

import argparse
from pathlib import Path
from typing import Final, Protocol

MLRUNS: Final = Path("mlruns")
"""The folder for searches, MLflow's data and logs, inside the folder where the command is typed."""


class Command(Protocol):
    """A file of this folder, as `parts` returns it."""

    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...
