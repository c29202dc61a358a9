"""Links, pictures and paths on the pages lead somewhere; indexes are complete; decisions keep their form."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.pages import DECISIONS, DOCS, PAPERS, ROOT, places, rows, spans

EXAMPLES: Final = ("experiments/mine.toml", "experiments/nets.py", "docs/decisions/NNNN-short-name.md")
"""Files that a reader makes."""
DECIDED: Final = sorted(DECISIONS.glob("0*.md"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = (re.match(r"#+ (.+)", line.text) for line in places(page)[1])
    return {re.sub(r"[^\w\- ]", "", match[1].lower()).replace(" ", "-") for match in found if match}


@pytest.mark.parametrize("page", PAPERS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for line in places(page)[1]:
        for target in re.findall(r"\]\(([^)\s]+)\)", line.text):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            found = (page.parent / name).resolve() if name else page
            assert found.is_file(), f"{line}: there is no {target}"
            assert not anchor or anchor in anchors(found), f"{line}: {found.name} has no heading for #{anchor}"


@pytest.mark.parametrize("page", PAPERS, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_in_backticks_exist(page: Path) -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for span in spans([page]):
        path = span.text
        if path in EXAMPLES or not re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", path):
            continue
        if "/" in path and path.partition("/")[0] in folders:
            assert (ROOT / path).exists(), f"{span}: there is no {path}"
        elif path.endswith("/"):
            assert (ROOT / "pipeline" / path).is_dir(), f"{span}: there is no folder {path}"
        elif re.fullmatch(r"[\w-][\w.-]*\.(py|toml|md|lock|yaml|json)", path):
            assert (ROOT / path).is_file(), f"{span}: there is no {path}"


@pytest.mark.parametrize("folder", [DOCS, DECISIONS], ids=lambda folder: folder.name)
def test_an_index_lists_every_page(folder: Path) -> None:
    listed = re.findall(r"^\| .*?\]\(([\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(page.name for page in folder.glob("*.md") if page.name != "README.md")


def test_pictures_are_shown() -> None:
    shown = {Path(name).name for page in PAPERS for name in re.findall(r"!\[.*\]\((.*)\)", page.read_text("utf-8"))}
    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}


def test_decisions_are_numbered_and_listed_under_their_titles() -> None:
    assert [int(page.name[:4]) for page in DECIDED] == list(range(1, len(DECIDED) + 1))
    titles = [page.read_text("utf-8").splitlines()[0].removeprefix("# ") for page in DECIDED]
    listed = [f"[{title}]({page.name})" for title, page in zip(titles, DECIDED, strict=True)]
    assert [row[1] for row in rows(DECISIONS / "README.md", "")] == listed


@pytest.mark.parametrize("page", DECIDED, ids=lambda page: page.stem)
def test_a_decision_keeps_its_form(page: Path) -> None:
    text = " ".join(page.read_text("utf-8").split())
    places_ = {part: text.find(part) for part in ("In the context of ", " facing ", "we decided", "accepting")}
    assert -1 not in places_.values(), places_
    assert list(places_.values()) == sorted(places_.values())
