"""A comment as plain text, for a terminal. It reads the Markdown that this package writes, and no other."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_INDENT = 2


@dataclass(frozen=True)
class Line:
    """A line of text."""

    text: str
    indent: int = 0
    """Blanks before it."""
    is_heading: bool = False


def plain_lines(comment: str) -> Iterator[Line]:
    """The lines of `comment`, without marks and entities; the rows of a table stand one below the other."""
    before = Line("")
    for line in _lines(comment):
        if line.text or before.text:
            yield line
        before = line


def _lines(comment: str) -> Iterator[Line]:
    fence = ""
    head: tuple[str, ...] = ()
    for line in comment.splitlines():
        if fence:
            if line == fence:
                fence = ""
            else:
                text = line.lstrip(" ")
                yield Line(text, _INDENT + len(line) - len(text))
        elif line.startswith("```"):
            fence = line.removesuffix("text")
        elif line.startswith("|"):
            cells = tuple(line.removeprefix("| ").removesuffix(" |").split(" | "))
            if not head:
                head = cells
            elif not re.fullmatch("[| -]+", line):
                yield from _row(head, cells)
        else:
            head = ()
            if not re.match(r"<!--|</details>", line):
                title = re.match(r"#+ |<details>", line)
                yield Line(_text(line[title.end() :] if title else line), is_heading=title is not None)


def _row(head: Sequence[str], cells: Sequence[str]) -> Iterator[Line]:
    """A row: its first two cells name the resource, and each of the others has lines of its own."""
    yield Line(_text("  ".join(cells[:2]).replace("<br>", "  ")), _INDENT)
    for title, cell in list(zip(head, cells, strict=True))[2:]:
        label = f"{title}: " if title == "Why" else ""
        for line in filter(None, re.split(r"<br>|</?details>|</summary>", cell)):
            yield Line(label + _text(line), 2 * _INDENT)
            label = ""


def _text(markdown: str) -> str:
    """A line without its marks. What users name is in code elements, where every sign is an entity."""
    return html.unescape(re.sub(r"</?(code|summary)>|\*\*|`", "", markdown))
