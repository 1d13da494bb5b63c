"""What somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def near(written: str, known: Iterable[str], *, most: int = 1, cutoff: float) -> list[str]:
    """The names among `known` that are nearest to what was written; `cutoff` from 0, anything, to 1, the very same."""
    import difflib  # noqa: PLC0415 - a program without mistakes needs none of it

    return difflib.get_close_matches(written, list(known), n=most, cutoff=cutoff)
