"""The parts of a comment, together no longer than it may be.

GitHub takes 65,536 characters. There is one budget for all parts, counted in bytes of UTF-8, which are never fewer:
what fits as a whole is shown as a whole, else the largest parts leave out some rows and tell how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamkap_pulumi.preview.markdown import fenced

LONGEST = 58_000
"""Bytes for the rows of all parts. The rest is for what cannot get long: headings, and the heads of tables."""


@dataclass(frozen=True)
class Part:
    """A part of a comment, of whose rows some may be left out. Each line is Markdown already."""

    before: Sequence[str]
    rows: Sequence[str]
    end: Sequence[str] = ("",)
    """Ends the rows; below it stands how many were left out."""
    after: Sequence[str] = ()
    is_first: bool = False
    """It is shown whole before any other part gets room."""

    @property
    def size(self) -> int:
        """Bytes of all rows."""
        return sum(map(size, self.rows))

    def within(self, room: int) -> list[str]:
        """Its lines. A row that does not fit is left out, and hides none after it."""
        shown = fitting(self.rows, room)
        missing = len(self.rows) - len(shown)
        more = [f"… and {missing} more: see the output of the preview.", ""] if missing else []
        return [*self.before, *shown, *self.end, *more, *self.after]

    def folded(self, title: str) -> Part:
        """The same, of which only `title` is seen at first."""
        before = [f"<details><summary>{title}</summary>", "", *self.before]
        return Part(before, self.rows, self.end, [*self.after, "</details>", ""], self.is_first)

    def titled(self, title: str) -> Part:
        """The same under a heading."""
        return Part([f"#### {title}", "", *self.before], self.rows, self.end, self.after, self.is_first)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Part:
    """A table whose cells are Markdown already."""
    return Part([_row(head), _row(["---"] * len(head))], [_row(row) for row in rows])


def listing(lines: Iterable[str], *, is_first: bool = False) -> Part:
    """Lines of text, shown as they are."""
    fence, shown = fenced(lines)
    return Part([f"{fence}text"], shown, [fence, ""], is_first=is_first)


def laid_out(parts: Sequence[Part], room: int = LONGEST) -> list[str]:
    """The lines of all parts."""
    rooms = [0] * len(parts)
    for is_first in (True, False):
        # Smallest first, so that what it does not need is there for the larger ones.
        some = sorted((part.size, index) for index, part in enumerate(parts) if part.is_first is is_first)
        for place, (needed, index) in enumerate(some):
            rooms[index] = min(needed, room // (len(some) - place))
            room -= rooms[index]
    return [line for part, its_room in zip(parts, rooms, strict=True) for line in part.within(its_room)]


def fitting(rows: Iterable[str], room: int) -> list[str]:
    """The rows that fit in `room` bytes, in their order."""
    shown = []
    for row in rows:
        if size(row) <= room:
            shown.append(row)
            room -= size(row)
    return shown


def size(row: str) -> int:
    """Bytes of a row and of its line's end."""
    return len(row.encode()) + 1


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
