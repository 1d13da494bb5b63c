"""What somebody changed in Streamkap behind the stack's back.

Only declared properties count; what is observed, such as the status, does not. There are two ways to see it:

``pulumi refresh --preview-only --json``
    runs no program: what the last `pulumi up` recorded is compared with what is live.
``pulumi preview --refresh --json``
    runs the program as well. What the program changes itself is told apart where it can be: of a secret it cannot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from streamkap_pulumi.preview.operations import Change, Operation
from streamkap_pulumi.preview.properties import PropertyChange, recorded_value
from streamkap_pulumi.preview.reading import Preview


@dataclass(frozen=True)
class Drifted:
    """A resource that is not what was declared."""

    change: Change
    properties: tuple[PropertyChange, ...]
    """From what was recorded to what is live."""
    is_gone: bool = False


def drift(preview: Preview, *, all_types: bool = False) -> list[Drifted]:
    """What drifted, of sources only or of all types. The preview must be one that looked at what is live."""
    found = (
        _by_refresh(change) if preview.is_refresh else _by_preview(change, preview.refreshed.get(change.urn))
        for change in preview.changes
        if change.is_streamkap or all_types
    )
    return [each for each in found if each is not None]


def _by_refresh(change: Change) -> Drifted | None:
    if change.operation is Operation.DELETE:
        return Drifted(change, (), is_gone=True)
    declared = tuple(each for each in change.properties if each.declared)
    # An update of which the engine knows no property may be anything.
    return Drifted(change, declared) if declared or not (change.properties or change.has_hidden) else None


def _by_preview(change: Change, recorded: Change | None) -> Drifted | None:
    if recorded is None:
        return None
    if change.operation is Operation.CREATE:
        return Drifted(recorded, (), is_gone=True)
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
    return Drifted(change, tuple(changed)) if changed else None
