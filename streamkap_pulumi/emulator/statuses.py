"""How an object's status changes over time.

Nothing runs in the background: each change stores which status holds until when, and a reader works out the present
one. So an emulator that was killed and started again continues as if nothing had happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamkap_pulumi.emulator import clock

if TYPE_CHECKING:
    from streamkap_pulumi.emulator.calls import Call
    from streamkap_pulumi.emulator.store import Record

PENDING = "Pending"
ACTIVE = "Active"
PAUSED = "Paused"
STOPPED = "Stopped"
BROKEN = "Broken"
STARTING = "Starting"
UPDATING = "Pending Update"
DELETING = "Pending Delete"

ACTIONS = {
    "pause": (None, PAUSED),
    "stop": (None, STOPPED),
    "resume": (STARTING, ACTIVE),
    "start": (STARTING, ACTIVE),
    "restart": (STARTING, None),
}
"""Each state action: the status meanwhile (None: the one before), and the desired state (None: the one before)."""

_MEANT = {UPDATING: ACTIVE, DELETING: ACTIVE}
"""Desired states that a create may ask for, but that no connector can be in."""


def status_of(record: Record, now: float) -> str:
    """The status that a reader sees."""
    if record.frozen is not None:
        return record.frozen
    if record.deleting:
        return DELETING
    for until, status in record.timeline:
        if until is None or now < until:
            return status
    return record.status


def settled(record: Record, now: float) -> bool:
    """Whether the status has reached its end."""
    if record.deleting:
        return record.gone(now)
    return record.frozen is None and all(until is not None and until <= now for until, _ in record.timeline)


def meant(desired_state: str) -> str:
    """The real state that this desired state means."""
    return _MEANT.get(desired_state, desired_state)


def deployed(record: Record, now: float) -> bool:
    """Whether it has been Active, and so has topics."""
    return record.deployed_at is not None and record.deployed_at <= now


def begin(
    call: Call,
    record: Record,
    meanwhile: str | None,
    *,
    seconds: float | None = None,
    first: float = 0,
    first_status: str = "",
) -> None:
    """Start a change of the status, through `meanwhile` to what the desired state means.

    `meanwhile` lasts `seconds`, or as long as any transient status; `first_status` holds for `first` seconds before
    anything happens.
    """
    now = clock.now()
    delay = call.number("status_delay")
    target = meant(record.desired_state)
    path = [meanwhile] if meanwhile else []
    if target == ACTIVE:
        wanted = str(call.fault("status_path"))
        if wanted == "auto":
            path.append(target if call.fault("end_status") == "auto" else str(call.fault("end_status")))
        else:
            path = [status.strip() for status in wanted.split(",") if status.strip()] or [target]
    else:
        path.append(target)
    steps: list[tuple[float | None, str]] = [(now + first, first_status)] if first else []
    moment = now + first
    active_at = moment if path[-1] == ACTIVE else None
    for status in path[:-1]:
        moment += delay if seconds is None or status != meanwhile else seconds
        steps.append((moment, status))
        active_at = moment if path[-1] == ACTIVE else None
    if call.on("stuck") and len(path) > 1:
        steps, active_at = [(None, path[0])], None
    record.timeline, record.status = steps, path[-1]
    if record.deployed_at is None or record.deployed_at > now:
        record.deployed_at = active_at


def set_by_hand(record: Record, status: str) -> None:
    """Let `status` hold from now on, as when it changed without a request."""
    now = clock.now()
    record.timeline, record.status = [], status
    if record.frozen is not None:
        record.frozen = status
    if status == ACTIVE and not deployed(record, now):
        record.deployed_at = now
