"""Names and values in Markdown, read by a renderer of Markdown."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkap_pulumi.preview.comments import marker
from streamkap_pulumi.preview.markdown import block, code, visible
from tests.preview.rendered import RENDERER

HOSTILE = [
    "a|b",
    "a\\|b",
    "`code`",
    "``",
    "</code>",
    "<!-- -->",
    "</details>",
    "@octocat",
    "#1",
    "[a](javascript:b)",
    "![a](b)",
    "**a** __b__ ~~c~~",
    "https://example.com www.example.com",
    "a\n| b | c |\n\n# d",
    "&lt;&#124;",
    "\\",
    "\u202egnp",
    "\x00\x1b[31m",
    "  two  blanks  ",
    ":tada:",
    "",
]


def cells(first: str, second: str) -> list[str]:
    """What a renderer makes of a row with two cells: the HTML in each."""
    rendered = RENDERER.render(f"| A | B |\n| --- | --- |\n| {first} | {second} |\n")
    (body,) = re.findall(r"<tbody>(.*)</tbody>", rendered, re.DOTALL)
    assert rendered.count("<tr>") == 2
    return re.findall(r"<td>(.*?)</td>", body, re.DOTALL)


def text_of(cell: str) -> str:
    """The text in a cell that holds a `code` element and nothing else."""
    found = re.fullmatch(r"<code>([^<>]*)</code>", cell)
    assert found, cell
    return html.unescape(found[1])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_stay_in_their_cell_as_they_are(text: str) -> None:
    """Neither Markdown nor HTML nor a table sees anything in them."""
    first, second = cells(code(text), code("after"))
    assert (text_of(first), second) == (visible(text), "<code>after</code>")


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_string_stays_in_its_cell_as_it_is(one: str, other: str) -> None:
    """What cannot be seen is shown by a sign."""
    found = [text_of(cell) for cell in cells(code(one), code(other))]
    assert found == [visible(one), visible(other)]


@given(st.text(max_size=200))
def test_not_a_string_ends_its_block(text: str) -> None:
    """A fence is longer than any in the text."""
    rendered = RENDERER.render(f"<details>\n\n{block(text)}\n\n</details>\n\nafter")
    assert rendered.count("<pre>") == 1
    assert rendered.endswith("</details>\n<p>after</p>\n")


@pytest.mark.parametrize("text", ["```\n</details>\n", "`````\n<b>", "  ```\n# head"])
def test_a_fence_in_a_string_does_not_end_its_block(text: str) -> None:
    """The one around it is longer."""
    rendered = RENDERER.render(f"{block(text)}\n\nafter")
    assert (rendered.count("<pre>"), rendered.endswith("</pre>\n<p>after</p>\n")) == (1, True)


def test_a_mention_has_no_at_sign_and_a_link_no_colon() -> None:
    """Some renderers search for them after they have written HTML, but not within code."""
    assert not set("@#:|`*_[]") & set(re.sub(r"&#\d+;", "", code("@octocat #1 http://a.b |`*_[]")))


def test_a_long_text_is_cut_in_its_middle() -> None:
    """Both ends say most."""
    assert text_of(code("a" * 500 + "z")) == "a" * 89 + "…" + "a" * 29 + "z"


def test_a_marker_cannot_be_ended_by_the_stacks_name() -> None:
    """It is an HTML comment."""
    assert marker("gate", "infra/dev --> <b>") == "<!-- streamkap-gate: infra/dev-b -->"
    assert marker("gate", "") == "<!-- streamkap-gate -->"
