"""The tables of a comment, one row per resource, together within the size that a comment may have.

GitHub takes 65,536 characters. There is one budget for all parts, counted in bytes of UTF-8, which are never fewer:
what fits as a whole is shown as a whole; otherwise the largest parts omit some rows and say how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streamkap_pulumi.preview.changes import SECRET, Change, Operation, PropertyChange
from streamkap_pulumi.preview.markdown import code, fenced
from streamkap_pulumi.preview.wording import count, property_lines, what_happens
from streamkap_pulumi.pulumi_cli.words import UNKNOWN

LONGEST = 58_000
"""Bytes for the rows of all parts. The rest is for what cannot get long: headings, and the heads of tables."""


@dataclass(frozen=True)
class Part:
    """A part of a comment, some of whose rows may be omitted. Each line is Markdown already."""

    before: Sequence[str]
    rows: Sequence[str]
    end: Sequence[str] = ("",)
    """Ends the rows; below it is how many were omitted."""
    after: Sequence[str] = ()
    is_first: bool = False
    """It is shown whole before any other part gets space."""

    @property
    def size(self) -> int:
        """Bytes of all rows."""
        return sum(map(size, self.rows))

    def within(self, room: int) -> list[str]:
        """Its lines. A row that does not fit is omitted, and hides none after it."""
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
    """Lines, shown as they are."""
    fence, shown = fenced(lines)
    return Part([f"{fence}text"], shown, [fence, ""], is_first=is_first)


def laid_out(parts: Sequence[Part], room: int = LONGEST) -> list[str]:
    """The lines of all parts."""
    rooms = [0] * len(parts)
    for is_first in (True, False):
        # Smallest first, so that the larger ones get what it does not need.
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


FOLDED_FROM = 12
"""This many lines are folded."""

_LONGEST_CELL = 6_000
"""Bytes of a cell's lines, so that one resource does not take the space of all others."""


def lost_rows(
    all_changes: Sequence[Change], lost: Iterable[Change], *, show_values: bool
) -> Iterator[tuple[str, str, str, str]]:
    """What is deleted or replaced: name, kind, what happens, why."""
    for change in lost:
        yield (
            *object_cells(change),
            f"**{change.operation.value}**: {what_happens(change, show_values=show_values)}",
            _why(all_changes, change, show_values),
        )


def changed_rows(changes: Iterable[Change], *, show_values: bool) -> Iterator[tuple[str, str, str]]:
    """What is kept: name, kind, what happens."""
    for change in changes:
        if change.operation is Operation.UPDATE and change.properties:
            detail = lines_in_cell(property_lines(change.properties, show_values=show_values))
        else:
            detail = what_happens(change, show_values=show_values)
        yield (*object_cells(change), detail)


def other_rows(changes: Iterable[Change]) -> Iterator[tuple[str, str, str]]:
    """Resources of other types: name and type, what happens, the properties' names."""
    for change in changes:
        yield f"{code(change.name)}<br>{code(change.type)}", change.operation.value, _names_only(change.properties)


def object_cells(change: Change) -> tuple[str, str]:
    """Its name in the program, and its kind, with the connector where that is known; for others, the type."""
    if not change.is_streamkap or not change.kind:
        kind = code(change.type)
    elif not change.connector:
        kind = change.noun  # It has none, or is only read.
    elif UNKNOWN in change.connector:
        kind = f"{change.noun}, connector not known yet"
    else:
        kind = f"{change.noun} {code(change.connector)}"
    return code(change.name), kind


def lines_in_cell(lines: Sequence[str]) -> str:
    """Lines of a cell; many are folded, and too many are counted."""
    shown = fitting(lines, _LONGEST_CELL)
    missing = len(lines) - len(shown)
    text = "<br>".join([*shown, f"… and {missing} more"] if missing else shown)
    if len(lines) < FOLDED_FROM:
        return text
    return f"<details><summary>{count(len(lines), 'property', 'properties')}</summary>{text}</details>"


def _why(all_changes: Sequence[Change], change: Change, show_values: bool) -> str:
    if change.operation is Operation.DELETE:
        if change.only_read:
            return f"Under this name the program only reads {code(change.only_read)}"
        return _why_deleted(_twin(all_changes, change))
    because = [each for each in change.properties if each.path in change.reasons]
    if because:
        lines = property_lines(because, show_values=show_values)
    elif set(change.reasons) <= {"id"}:
        lines = ["Requested: <code>--replace</code>, a taint, or an option of the resource"]
    else:
        lines = [code(reason) for reason in change.reasons]
    return lines_in_cell([*lines, *_remarks(change, show_values)])


def _remarks(change: Change, show_values: bool) -> Iterator[str]:
    """What else to know before an object is replaced: a connector that may not exist, and another name."""
    (old_connector, connector), (old_name, name) = (
        [each if isinstance(each, str) and UNKNOWN not in each and each != SECRET else None for each in both]
        for both in ((side.get(key) for side in (change.old_inputs, change.inputs)) for key in ("connector", "name"))
    )
    if change.kind and connector and connector != old_connector and change.kind.connector(connector) is None:
        yield (
            f"This version does not know the connector {code(connector)}. <code>pulumi up</code> asks Streamkap for it "
            "before it deletes anything"
        )
    if change.is_streamkap and name and old_name and name != old_name:
        yield f"Its name in Streamkap changes{f': {code(old_name)} → {code(name)}' if show_values else ''}"


def _why_deleted(twin: Change | None) -> str:
    if twin is None:
        return "The program no longer declares it"
    return (
        f"The program no longer declares it, but declares {code(twin.name)} with the same configuration, as far as "
        f"it is known. If it was only renamed, keep it: <code>aliases=[pulumi.Alias(name=…)]</code>"
    )


def _twin(all_changes: Sequence[Change], gone: Change) -> Change | None:
    """An object that would be created just like one that would be deleted.

    Beside a config a name says little. Tags are often alike but for their names.
    """
    if gone.kind is None or gone.inputs.get("config") == SECRET:
        return None
    keys = ("connector", "config") if "config" in gone.kind.by_name else gone.kind.unique
    return next(
        (
            change
            for change in all_changes
            if change.operation is Operation.CREATE
            and change.type == gone.type
            and all(change.inputs.get(key) == gone.inputs.get(key) for key in keys)
        ),
        None,
    )


def _names_only(properties: Sequence[PropertyChange]) -> str:
    names = [code(each.path) for each in properties[:FOLDED_FROM]]
    more = len(properties) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
