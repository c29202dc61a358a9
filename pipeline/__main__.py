"""The command line: each command is a file in `commands/` and has the file's name."""

import argparse
import sys
from collections.abc import Sequence

import pipeline
from pipeline.config import parts
from pipeline.values.errors import UserError


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; what it parses holds the command's `run`."""
    made = argparse.ArgumentParser(prog="python -m pipeline", description="Tune, track and compare Keras models.")
    made.add_argument("--version", action="version", version=pipeline.__version__)
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in parts.names("commands"):
        command = parts.command(name)
        sub = commands.add_parser(name, help=command.HELP, description=f"{command.HELP[0].upper()}{command.HELP[1:]}.")
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that `words` name (by default the process's arguments); the result is its exit code."""
    args = parser().parse_args(words)
    try:
        return int(args.run(args))
    except UserError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except BrokenPipeError:  # the program that reads our output has stopped reading, as `head` does
        return 141


if __name__ == "__main__":
    sys.exit(main())
