"""Results as people read them: Markdown tables, their columns in line."""

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
        """The table in Markdown; its first column to the left, the others to the right."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines = [_line(cells, widths) for cells in (self.columns, rule, *self.rows)]
        notes = ["", *self.notes] if self.notes else []
        return "\n".join([f"**{self.title}**", "", *lines, *notes])


@final
@dataclass(frozen=True, slots=True)
class Section:
    """What a section found: its tables, and the measurements that they were made of."""

    tables: Sequence[Table]
    measured: Mapping[str, Any]

    def plain(self) -> dict[str, Any]:
        """The section as JSON holds it."""
        return asdict(self)


@final
@dataclass(frozen=True, slots=True)
class Results:
    """All sections by name as JSON holds them, each with where and when it was measured under `machine`."""

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
