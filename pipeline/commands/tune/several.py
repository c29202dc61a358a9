"""Tunes several experiments one after another, each in a separate process, and shows one table of their results."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pipeline.commands import _terminal
from pipeline.config import parts
from pipeline.config.read import EXPERIMENTS, resolve
from pipeline.evaluation.report import NAMES
from pipeline.trackers import Archive
from pipeline.values.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

ALL: Final = "all"
SHOWN: Final = ("log_loss", "rmse", "accuracy", "r2")
INTERRUPTED: Final = 130


def names(given: str, overrides: Mapping[str, Any]) -> list[str]:
    """The experiments that `EXP` names: one, several separated by commas, or `all`.

    `all` leaves out the experiments whose data source is marked `HEAVY`. If there are several, each is checked with
    the overrides before the first one starts; UserError if one of them is wrong.
    """
    found: list[str] = []
    for name in filter(None, (part.strip() for part in given.split(","))):
        found += _light() if name == ALL else [name]
    if not found:
        raise UserError("EXP", f"`{given}` names no experiment.", "Write EXP=titanic, EXP=titanic,wages or EXP=all.")
    chosen = list(dict.fromkeys(found))
    for name in chosen if len(chosen) > 1 else ():
        resolve(name, overrides)
    return chosen


def run(chosen: Sequence[str], words: Sequence[str]) -> dict[str, int]:
    """The exit code of each experiment's `tune`, called with the same `words`; stops after one that is interrupted."""
    codes: dict[str, int] = {}
    for name in chosen:
        print(f"\n━━ {name} ━━", flush=True)  # noqa: T201
        codes[name] = subprocess.run([sys.executable, "-m", "pipeline", "tune", name, *words], check=False).returncode  # noqa: S603
        if codes[name] == INTERRUPTED:
            break
    return codes


def table(codes: Mapping[str, int], archive: Archive) -> "Table":
    """A table of the experiments' test scores: the champion's with a 95 % interval, and the untuned baseline's."""
    made = _terminal.table("experiment", "on test rows", "tuned", "untuned", left=2)
    for name, code in codes.items():
        for line in _lines(name, code, archive):
            made.add_row(*line)
    return made


def _lines(name: str, code: int, archive: Archive) -> list[tuple[str, ...]]:
    if code:
        return [(name, "stopped by you" if code == INTERRUPTED else "failed: see above", "", "")]
    searches = archive.searches(resolve(name).name)
    summary = archive.summary(searches[0]) if searches else None
    if summary is None:
        return [(name, "not delivered yet: make sync", "", "")]
    metrics = summary.metrics
    lines = [("", NAMES[m], *_figures(metrics, m)) for m in SHOWN if f"test/{m}" in metrics]
    if not lines:
        return [(name, "no test part", "", "")]
    return [(name, *lines[0][1:]), *lines[1:]]


def _figures(metrics: Mapping[str, float], name: str) -> tuple[str, str]:
    tuned = metrics[f"test/{name}"]
    ends = [metrics.get(f"test/{name}_{end}") for end in ("low", "high")]
    interval = f" \\[{ends[0]:.3f}, {ends[1]:.3f}]" if None not in ends else ""
    original = metrics.get(f"baseline/untuned/{name}")
    return f"{tuned:.3f}{interval}", "-" if original is None else f"{original:.3f}"


def _light() -> list[str]:
    found = sorted(path.stem for path in EXPERIMENTS.glob("*.toml"))
    return [name for name in found if not _heavy(name)]


def _heavy(name: str) -> bool:
    return parts.source(resolve(name).data.source).HEAVY
