"""Puts names and values into Markdown so that none of them can mean anything there, and Markdown onto a terminal.

Whoever opens a pull request chooses them. So each becomes the content of a ``<code>`` element in which every character
that Markdown, HTML, a table, a mention or an automatic link could interpret is written as its number.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LONGEST = 120
"""Characters of a name or a value that are shown."""

_PLAIN = re.compile(r"[^A-Za-z0-9 .,/=-]")
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def code(text: str, longest: int = LONGEST) -> str:
    """`text` as it is, in the typeface of code, on one line."""
    encoded = _PLAIN.sub(lambda found: _number(found[0]), shortened(visible(text), longest))
    # The two things that renderers link without any special character, and spaces that HTML would drop.
    encoded = re.sub(r"(?i)(www)\.", r"\1&#46;", encoded)
    encoded = re.sub(r"^ | $|(?<= ) ", "&#32;", encoded)
    return f"<code>{encoded}</code>"


def block(text: str) -> str:
    """Lines, shown as they are, outside of tables."""
    fence, lines = fenced(text.splitlines())
    return "\n".join([f"{fence}text", *lines, fence])


def fenced(lines: Iterable[str]) -> tuple[str, list[str]]:
    """Lines as they are shown in a block, and a fence that none of them ends."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    return "`" * max(3, longest + 1), shown


def visible(text: str) -> str:
    """`text` on one line, with a sign for every character that is invisible or would change how others are shown."""
    return "".join(_sign(character) for character in text)


def shortened(text: str, longest: int) -> str:
    """`text`, cut in its middle where it is too long."""
    if len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[: longest - end - 1]}…{text[-end:]}"


def _sign(character: str) -> str:
    if character in "\n\r":
        return "⏎"
    if character == "\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _INVISIBLE else character


def _number(character: str) -> str:
    return character if ord(character) > 0x7F else f"&#{ord(character)};"


_INDENT = 2


@dataclass(frozen=True)
class Line:
    """A line for a terminal."""

    text: str
    indent: int = 0
    """Spaces before it."""
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
