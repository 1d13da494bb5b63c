"""Links between the pages, and the tests that pages name, lead to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("*.md", "docs/**/*.md", "[!.]*/README.md", "examples/*/README.md")
PAGES = sorted({page for pattern in FOLDERS for page in ROOT.glob(pattern)})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To files of the repository, and to headings in them; addresses elsewhere are not asked."""
    assert [target for _, target in links(page) if not leads_somewhere(page, target)] == []


def links(page: Path) -> list[tuple[str, str]]:
    """Text and target of each link within the repository."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)]+)\)", text)
    return [(named, target) for named, target in found if "://" not in target]


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether the file is there and, where a heading is named, that too."""
    name, _, heading = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not heading or heading in anchors(file))


def anchors(file: Path) -> set[str]:
    """The headings of a page, as GitHub makes anchors of them."""
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_a_link_that_leads_nowhere_is_found() -> None:
    """Proof that the check above can fail."""
    page = ROOT / "README.md"
    assert leads_somewhere(page, "docs/cli.md#streamkap-gate")
    assert not leads_somewhere(page, "docs/cli.md#streamkap-gait")
    assert not leads_somewhere(page, "docs/cly.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_tests_that_a_page_names_exist(page: Path) -> None:
    """In the file that the link leads to: a test by its name, a file of tests by its own."""
    for named, target in links(page):
        test = re.fullmatch(r"`(test_\w+)(\.py)?`", named)
        if test:
            file = page.parent / target
            assert file.name == f"{test[1]}.py" if test[2] else f"def {test[1]}(" in file.read_text(encoding="utf-8"), (
                named
            )
