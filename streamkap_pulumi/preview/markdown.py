"""Puts names and values into Markdown so that none of them can mean anything there.

Whoever opens a pull request chooses them. So each becomes the text of a ``<code>`` element in which every character
that Markdown, HTML, a table, a mention or an automatic link could see is written as its number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 120
"""Characters of a name or a value that are shown."""

_PLAIN = re.compile(r"[^A-Za-z0-9 .,/=-]")
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def code(text: str, longest: int = LONGEST) -> str:
    """`text` as it is, in the typeface of code, on one line."""
    encoded = _PLAIN.sub(lambda found: _number(found[0]), shortened(visible(text), longest))
    # The two things that renderers link without any special character, and blanks that HTML would drop.
    encoded = re.sub(r"(?i)(www)\.", r"\1&#46;", encoded)
    encoded = re.sub(r"^ | $|(?<= ) ", "&#32;", encoded)
    return f"<code>{encoded}</code>"


def block(text: str) -> str:
    """Lines of text, shown as they are, outside of tables."""
    fence, lines = fenced(text.splitlines())
    return "\n".join([f"{fence}text", *lines, fence])


def fenced(lines: Iterable[str]) -> tuple[str, list[str]]:
    """Lines as they are shown in a block, and a fence that none of them ends."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    return "`" * max(3, longest + 1), shown


def visible(text: str) -> str:
    """`text` on one line, with a sign for every character that would not be seen or would change how others are."""
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
