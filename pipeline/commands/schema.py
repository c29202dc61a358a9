"""Print the JSON schema of experiment files."""

import argparse
import json
from typing import Final

from pipeline.config.json_schema import schema

HELP: Final = "print the JSON schema of experiment files"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001
    """Print the schema; the exit code is 0."""
    print(json.dumps(schema(), indent=2))  # noqa: T201
    return 0
