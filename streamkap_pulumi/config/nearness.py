"""What somebody may have meant by a name that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST_NAME = 200
"""Of a longer one nothing is looked for: nobody means a name by it."""


def near(written: str, known: Iterable[str], *, most: int = 1, cutoff: float) -> list[str]:
    """The names among `known` that are nearest to what was written; `cutoff` from 0, anything, to 1, the very same."""
    if len(written) > _LONGEST_NAME:
        return []
    import difflib  # noqa: PLC0415 - a program without mistakes needs none of it

    return difflib.get_close_matches(written, list(known), n=most, cutoff=cutoff)


def suggest(name: str, known: Iterable[str]) -> str:
    """How a sentence about an unknown `name` ends: ``; did you mean 'config'?``, or with a full stop."""
    close = near(name, known, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else "."


def nearest_code(written: str, known: Iterable[str]) -> str | None:
    """The code among `known` that was probably meant, whatever its case and its blanks, dashes and underscores."""
    by_letters = {_letters(code): code for code in known}
    close = near(_letters(written), by_letters, cutoff=0.6)
    return by_letters[close[0]] if close else None


def _letters(code: str) -> str:
    return re.sub(r"[\s._-]+", "", code).lower()
