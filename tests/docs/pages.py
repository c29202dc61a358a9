"""The pages as tests read them: their code blocks, what stands in backticks, the commands, and the tables."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
DECISIONS: Final = DOCS / "decisions"
PAGES: Final = (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
PAPERS: Final = (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a page: the line on which it begins, its text, and the language of a code block."""

    page: Path
    line: int
    text: str
    language: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def places(page: Path) -> tuple[list[Place], list[Place]]:
    """The code blocks of a page, and its other lines."""
    blocks: list[Place] = []
    prose: list[Place] = []
    began, language = 0, ""
    inside: list[str] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if line.startswith("```") and not began:
            began, language, inside = number, line[3:].strip(), []
        elif line.startswith("```"):
            blocks.append(Place(page, began, "\n".join(inside), language))
            began = 0
        elif began:
            inside.append(line)
        else:
            prose.append(Place(page, number, line))
    assert not began, f"{page}: the code block of line {began} is not closed"
    return blocks, prose


def blocks(*languages: str) -> list[Place]:
    """The code blocks of all pages, or those in some languages."""
    return [block for page in PAPERS for block in places(page)[0] if not languages or block.language in languages]


def spans(papers: Sequence[Path]) -> Iterator[Place]:
    """What stands in backticks in the text of some pages."""
    for paper in papers:
        for line in places(paper)[1]:
            yield from (Place(paper, line.line, found) for found in re.findall(r"`([^`]+)`", line.text))


def commands(*starts: str) -> list[Place]:
    """The commands on the pages that begin with one of `starts`, in backticks and in blocks, without comments."""
    found = list(spans(PAPERS))
    for block in blocks("sh", "console"):
        for number, line in enumerate(block.text.splitlines(), block.line + 1):
            if block.language == "sh" or line.startswith("$ "):
                text = line.removeprefix("$ ").partition("  #")[0].strip()
                found.append(Place(block.page, number, text))
    return [place for place in found if place.text.startswith(starts)]


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the table on a page whose first column has this heading."""
    lines = page.read_text("utf-8").splitlines()
    began = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading}".rstrip()) and "---" not in line)
    found = []
    for line in lines[began + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return found


def each(found: Sequence[Place]) -> pytest.MarkDecorator:
    """A test for each place, named by its page, its line and its first words."""
    assert found, "no place is found: the test would test nothing"
    return pytest.mark.parametrize("place", found, ids=[f"{p} {p.text.splitlines()[0][:50]}" for p in found])
