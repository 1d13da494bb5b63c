"""What somebody changed in Streamkap outside this stack.

Only declared properties count; what is observed, such as the status, does not. There are two ways to find out:

``pulumi refresh --preview-only --json``
    runs no program: what the last `pulumi up` recorded is compared with what is live.
``pulumi preview --refresh --json``
    runs the program as well. What the program itself changes is excluded, except for secrets, where it cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from streamkap_pulumi.preview.changes import Change, Operation, PropertyChange, recorded_value
from streamkap_pulumi.preview.reading import Preview


@dataclass(frozen=True)
class Drift:
    """A resource that is not what was declared."""

    change: Change
    properties: tuple[PropertyChange, ...]
    """From what was recorded to what is live."""
    is_gone: bool = False


def drift(preview: Preview, *, all_types: bool = False) -> list[Drift]:
    """What drifted, of Streamkap's objects or of all types. The preview must be one that has read what is live."""
    found = (
        _by_refresh(change) if preview.is_refresh else _by_preview(change, preview.refreshed.get(change.urn))
        for change in preview.changes
        if change.is_streamkap or all_types
    )
    return [each for each in found if each is not None]


def _by_refresh(change: Change) -> Drift | None:
    if change.operation is Operation.DELETE:
        return Drift(change, (), is_gone=True)
    declared = tuple(each for each in change.properties if each.declared)
    # An update for which the engine names no property may be anything.
    return Drift(change, declared) if declared or not (change.properties or change.has_hidden) else None


def _by_preview(change: Change, recorded: Change | None) -> Drift | None:
    if recorded is None:
        return None
    if change.operation is Operation.CREATE:
        return Drift(recorded, (), is_gone=True)
    if change.operation not in {Operation.UPDATE, Operation.REPLACE}:
        return None
    changed = [
        replace(each, before=each.after, after=each.before)
        for each in change.properties
        if each.declared
        and (
            each.secret
            or recorded_value(recorded.old_inputs, each.path) != recorded_value(change.old_inputs, each.path)
        )
    ]
    return Drift(change, tuple(changed)) if changed else None
