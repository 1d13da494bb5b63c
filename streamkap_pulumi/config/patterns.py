r"""Lists of regular expressions in one string: which commas separate two items, and which are part of one.

A comma within brackets of any kind, as in ``a{1,2}``, or after a backslash, as in ``a\,b``, is part of an item.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"\\.|\[\^?\]?|[\](){},]", re.DOTALL)
"""An escaped character, the start of a character class with a bracket that is literal there, or one mark."""

_CLOSING = {"(": ")", "{": "}"}


def split(text: str) -> list[str]:
    """The patterns in `text`, as they are written. Joined with commas, they are `text` again.

    If brackets do not match, every comma without a backslash separates.
    """
    commas: list[int] = []
    separators: list[int] = []
    awaited: list[str] = []
    balanced = True
    for found in _MARK.finditer(text):
        mark = found.group()
        if mark == ",":
            commas.append(found.start())
            if not awaited:
                separators.append(found.start())
        elif mark.startswith("["):
            awaited.append("]")
        elif awaited and mark == awaited[-1]:
            awaited.pop()
        elif awaited[-1:] != ["]"]:  # In a character class everything else is literal.
            if mark in _CLOSING:
                awaited.append(_CLOSING[mark])
            elif mark == ")":
                balanced = False
    places = separators if balanced and not awaited else commas
    starts, ends = [0, *(place + 1 for place in places)], [*places, len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def meaning(pattern: str) -> str:
    """The pattern without spaces after its commas: the API may write one after each comma of a list."""
    return re.sub(r",\s+", ",", pattern.strip())
