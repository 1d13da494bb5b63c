"""Each guarantee names the tests that prove it; test_links.py checks that these tests exist."""

from __future__ import annotations

import re

from tests.docs.pages import text_of

SECTIONS = dict(re.findall(r"^## (\d+)\. .+\n((?:(?!^## ).*\n)+)", text_of("docs/guarantees.md"), re.MULTILINE))
"""The number of each guarantee, and the text below it."""
PROOF = re.compile(r"^- \[(.+)\]\((.+)\)$", re.MULTILINE)


def test_the_eleven_guarantees_are_on_the_page() -> None:
    """In order; one that goes missing is a promise withdrawn."""
    assert list(SECTIONS) == [str(number) for number in range(1, 12)]


def test_each_guarantee_names_tests_and_not_files_of_tests() -> None:
    """A reader finds what proves it, and not a file of twenty tests."""
    proofs = {number: PROOF.findall(section) for number, section in SECTIONS.items()}
    assert [number for number, found in proofs.items() if not found] == []
    named = [proof for found in proofs.values() for proof in found]
    assert [(name, file) for name, file in named if not re.fullmatch(r"`test_\w+`", name)] == []
    assert [(name, file) for name, file in named if not file.startswith("../tests/")] == []
    assert len(named) > 20


def test_the_readme_leads_to_the_guarantees_and_to_the_limits() -> None:
    """The front page makes the promises; the proof is one link away."""
    readme = text_of("README.md")
    assert "](docs/guarantees.md)" in readme
    assert "](docs/guarantees.md#limits)" in readme
