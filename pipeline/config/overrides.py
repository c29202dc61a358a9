"""Keys of an experiment file that the command line sets, some of them under short names."""

import argparse
import tomllib
from typing import Any, Final

from pipeline.values.errors import UserError

SHORT: Final = {
    "library": "search.library",
    "sampler": "search.sampler",
    "pruner": "search.pruner",
    "trials": "search.trials",
    "budget": "search.budget",
    "minutes": "search.minutes",
    "seed": "search.seed",
    "engine": "training.engine",
    "backend": "training.backend",
}
"""The dotted key that each option sets."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add an option for each short name, and `--set` for every other key."""
    group = parser.add_argument_group("values that replace those in the file")
    for option, dotted in SHORT.items():
        group.add_argument(f"--{option}", metavar="VALUE", help=dotted)
    group.add_argument(
        "--set", metavar='"KEY=VALUE …"', help='any other key: --set "training.epochs=20 model.width=64"'
    )


def words(args: argparse.Namespace) -> list[str]:
    """The command-line words that set the same keys as the parsed arguments."""
    pairs = [(option, getattr(args, option)) for option in (*SHORT, "set")]
    return [word for option, given in pairs if given is not None for word in (f"--{option}", str(given))]


def overrides(args: argparse.Namespace) -> dict[str, Any]:
    """The dotted keys that the parsed arguments set, with values as TOML reads them."""
    found = {key: _value(given) for option, key in SHORT.items() if (given := getattr(args, option)) is not None}
    for word in _words(args.set or ""):
        key, equals, value = word.partition("=")
        if not equals or "." not in key:
            raise UserError("command line, SET", f"`{word}` sets nothing.", 'Write SET="training.epochs=20".')
        found[key.strip()] = _value(value.strip())
    return found


def _words(text: str) -> list[str]:
    """The words of the text, split at spaces outside brackets and quotes."""
    words, depth, quote, escaped = [""], 0, "", False
    for letter in text:
        if quote:
            quote = "" if letter == quote and not escaped else quote
            escaped = quote == '"' and letter == "\\" and not escaped  # as in TOML, where '…' knows no escapes
        elif letter in "\"'":
            quote = letter
        else:
            # a bracket that closes none is a letter like others
            depth = max(0, depth + (letter in "[{") - (letter in "]}"))
        if letter.isspace() and not depth and not quote:
            words.append("")
        else:
            words[-1] += letter
    return [word for word in words if word]


def _value(text: str) -> Any:
    """The value that TOML reads from the text; text that is not TOML, such as a bare word, stays a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
