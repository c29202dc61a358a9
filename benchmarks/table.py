"""Results as Markdown tables with aligned columns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, final


@final
@dataclass(frozen=True, slots=True)
class Table:
    """A table of text; `notes` are the sentences below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        """The table in Markdown; its first column is aligned left, the others right."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines = [_line(cells, widths) for cells in (self.columns, rule, *self.rows)]
        notes = ["", *self.notes] if self.notes else []
        return "\n".join([f"**{self.title}**", "", *lines, *notes])


@final
@dataclass(frozen=True, slots=True)
class Section:
    """The result of a section: its tables, and the measurements from which they were made."""

    tables: Sequence[Table]
    measured: Mapping[str, Any]

    def plain(self) -> dict[str, Any]:
        """The section as it is stored in JSON."""
        return asdict(self)


@final
@dataclass(frozen=True, slots=True)
class Results:
    """All sections by name, as stored in JSON; `machine` in each says where and when it was measured."""

    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def text(self) -> str:
        """Every section's tables, and below them where and when each was measured."""
        blocks: list[str] = []
        places: dict[str, list[str]] = {}
        for name, section in self.sections.items():
            blocks += [Table(**table).text() for table in section["tables"]]
            about = ", ".join(f"{key} {value}" for key, value in section["machine"].items())
            places.setdefault(about, []).append(name)
        blocks += [f"Measured ({', '.join(names)}): {about}." for about, names in places.items()]
        return "\n\n".join(blocks) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]) + " |"
