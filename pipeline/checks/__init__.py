"""Checks that find problems of an experiment before its first trial.

Each file returns findings about one thing: `table` and `leaks` about the data, `models` about the models, `workload`
about the number of trials, `costs` about disk and time; `rehearsal` joins the checks of models, workload and disk. They
change nothing and record nothing. A mistake that makes a search impossible (a column that does not exist, an objective
that is not measured) is not a finding: the stages themselves raise a UserError for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, final

from pipeline.values.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console


@final
class Level(Enum):
    """How serious a finding is; the value is the word that people read."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about `subject`, explained in a sentence."""

    level: Level
    subject: str
    sentence: str


STYLES: Final = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.NOTE: ""}
FEW: Final = 4
"""At most this number of warnings are printed before a search; `make check` prints all."""


def show(findings: Iterable[Finding], console: "Console") -> None:
    """Print the findings, one line each."""
    for finding in findings:
        line = f"  {finding.level.value:<9}{finding.subject}: {finding.sentence}"
        console.print(line, style=STYLES[finding.level], markup=False)


def only(level: Level, findings: Iterable[Finding]) -> Sequence[Finding]:
    """The findings of one level."""
    return [finding for finding in findings if finding.level is level]


def warn(findings: Iterable[Finding], console: "Console", experiment: str) -> None:
    """Print the first `FEW` warnings, and how to see the others."""
    warnings = only(Level.WARNING, findings)
    show(warnings[:FEW], console)
    if len(warnings) > FEW:
        console.print(f"  … and {len(warnings) - FEW} more: make check EXP={experiment}", markup=False)


def raise_first(findings: Iterable[Finding], file: str) -> None:
    """Raise the first finding that is an error as a UserError at the file; do nothing if there is none."""
    for finding in only(Level.ERROR, findings):
        raise UserError(finding.subject, finding.sentence, "`make check` shows all findings.").within(file)
