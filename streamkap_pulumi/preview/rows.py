"""The rows of a comment's tables: one resource each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from streamkap_pulumi.preview.markdown import code
from streamkap_pulumi.preview.operations import Change, Operation
from streamkap_pulumi.preview.properties import SECRET, PropertyChange
from streamkap_pulumi.preview.tables import fitting
from streamkap_pulumi.preview.wording import count, property_lines, what_happens
from streamkap_pulumi.pulumi_cli.words import UNKNOWN

FOLDED_FROM = 12
"""So many lines are folded."""

_LONGEST_CELL = 6_000
"""Bytes of a cell's lines, so that one resource does not take the room of all others."""


def lost_rows(
    all_changes: Sequence[Change], lost: Iterable[Change], *, show_values: bool
) -> Iterator[tuple[str, str, str, str]]:
    """What is deleted or replaced: name, connector, what happens, why."""
    for change in lost:
        yield (
            *source_cells(change),
            f"**{change.operation.value}**: {what_happens(change, show_values=show_values)}",
            _why(all_changes, change, show_values),
        )


def changed_rows(changes: Iterable[Change], *, show_values: bool) -> Iterator[tuple[str, str, str]]:
    """What is kept: name, connector, what happens."""
    for change in changes:
        if change.operation is Operation.UPDATE and change.properties:
            detail = lines_in_cell(property_lines(change.properties, show_values=show_values))
        else:
            detail = what_happens(change, show_values=show_values)
        yield (*source_cells(change), detail)


def other_rows(changes: Iterable[Change]) -> Iterator[tuple[str, str, str]]:
    """Resources of other types: name and type, what happens, the properties' names."""
    for change in changes:
        yield f"{code(change.name)}<br>{code(change.type)}", change.operation.value, _names_only(change.properties)


def source_cells(change: Change) -> tuple[str, str]:
    """Its name in the program, and its connector, which a `Source.get` does not tell; of others, the type."""
    if not change.is_streamkap:
        kind = code(change.type)
    elif not change.connector:
        kind = "not told"
    else:
        kind = "not known yet" if UNKNOWN in change.connector else code(change.connector)
    return code(change.name), kind


def lines_in_cell(lines: Sequence[str]) -> str:
    """Lines of a cell; many are folded, and of too many the number is told."""
    shown = fitting(lines, _LONGEST_CELL)
    missing = len(lines) - len(shown)
    told = "<br>".join([*shown, f"… and {missing} more"] if missing else shown)
    if len(lines) < FOLDED_FROM:
        return told
    return f"<details><summary>{count(len(lines), 'property', 'properties')}</summary>{told}</details>"


def _why(all_changes: Sequence[Change], change: Change, show_values: bool) -> str:
    if change.operation is Operation.DELETE:
        if change.only_looked_at:
            return f"Under this name the program only looks at {code(change.only_looked_at)}"
        return _why_deleted(_twin(all_changes, change))
    because = [each for each in change.properties if each.path in change.reasons]
    if because:
        lines = property_lines(because, show_values=show_values)
    elif set(change.reasons) <= {"id"}:
        lines = ["Asked for: <code>--replace</code>, a taint, or an option of the resource"]
    else:
        lines = [code(reason) for reason in change.reasons]
    return lines_in_cell([*lines, *_remarks(change, show_values)])


def _remarks(change: Change, show_values: bool) -> Iterator[str]:
    """What else to know before a source is replaced: a connector that may not exist, and another name."""
    (old_connector, connector), (old_name, name) = (
        [each if isinstance(each, str) and UNKNOWN not in each and each != SECRET else None for each in both]
        for both in ((side.get(key) for side in (change.old_inputs, change.inputs)) for key in ("connector", "name"))
    )
    if change.catalogue and connector and connector != old_connector and change.catalogue.find(connector) is None:
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
        f"The program no longer declares it, but declares {code(twin.name)} with the same configuration, as far as it "
        f"is told. If it was only renamed, keep it: <code>aliases=[pulumi.Alias(name=…)]</code>"
    )


def _twin(all_changes: Sequence[Change], gone: Change) -> Change | None:
    """A source that would be created in the likeness of one that would be deleted."""
    return next(
        (
            change
            for change in all_changes
            if gone.is_streamkap
            and gone.inputs.get("config") != SECRET
            and change.operation is Operation.CREATE
            and change.type == gone.type
            and all(change.inputs.get(key) == gone.inputs.get(key) for key in ("connector", "config"))
        ),
        None,
    )


def _names_only(properties: Sequence[PropertyChange]) -> str:
    names = [code(each.path) for each in properties[:FOLDED_FROM]]
    more = len(properties) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
