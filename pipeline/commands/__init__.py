"""What a person can type after `python -m pipeline`: a command by its file's name.

Each file offers

    HELP: str                          one line
    arguments(parser) -> None          what it takes
    run(args) -> int                   the exit code: 0 done, 1 nothing to show for it, 2 a mistake to mend, 130 Ctrl-C
"""

import argparse
from pathlib import Path
from typing import Final, Protocol

MLRUNS: Final = Path("mlruns")
"""Where searches, MLflow and logs write, in the folder that the command is typed in."""


class Command(Protocol):
    """A file of this folder, as `choose` hands it out."""

    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...
