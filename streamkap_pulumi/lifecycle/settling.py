"""When a source has settled: which status is wanted, and how its failures read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import DESIRED_STATES, Declared
from streamkap_pulumi.lifecycle.waiting import Outcome, Reason, StatusWait

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector

_LONGEST_TRACE = 600

LOOK_AGAIN = "It is recorded in the stack's state: {first}run `pulumi up`, which looks again."
"""What to do about a source that exists and is not ready."""


def settle(
    context: Context,
    declared: Declared,
    start: SourceConnector,
    *,
    operation: str,
    redaction: Redaction,
    wanted: str | None = None,
    after_put: bool = False,
) -> Outcome[SourceConnector]:
    """Wait until the source's status is `wanted`, within the time-out of `operation`.

    Left out, `wanted` is worked out anew from each look: an answer may tell a desired state that is none. Why it is not
    ready ends with what to do.
    """
    wait = StatusWait(
        context=context,
        what=f"source {declared.name!r} ({start.id})",
        wanted=lambda seen: wanted or wanted_status(declared, seen),
        look=lambda: context.api.sources.get(start.id, once=True),
        status=lambda seen: seen.connector_status,
        trace=lambda seen: task_trace(redaction.data(seen.task_statuses or {})),
        clear=redaction.text,
        first_is_stale=after_put,
    )
    outcome = wait.run(start, declared.timeout(operation))
    if outcome.not_ready is None:
        return outcome
    return replace(outcome, not_ready=f"{outcome.not_ready.rstrip('.')}. {_what_to_do(outcome)}")


def _what_to_do(outcome: Outcome[SourceConnector]) -> str:
    if outcome.reason is Reason.INTERRUPTED:
        return LOOK_AGAIN.format(first="")
    if outcome.reason is Reason.GONE:
        return "Then `pulumi up` creates it again."
    if outcome.reason is Reason.STATUS and outcome.last.connector_status == "Broken":
        # A run that only looks restarts nothing.
        return LOOK_AGAIN.format(first="fix the cause, restart the source in Streamkap's web page, then ")
    return LOOK_AGAIN.format(first="fix the cause and ")


def wanted_status(declared: Declared, seen: SourceConnector) -> str:
    """The declared desired state; left out, the API's own; that missing too, Active."""
    if declared.desired_state:
        return declared.desired_state
    return seen.desired_state if seen.desired_state in DESIRED_STATES else "Active"


def task_trace(task_statuses: Mapping[str, Any]) -> str:
    """The failing tasks' own words, shortened: ``task 0 FAILED: …``."""
    parts = []
    for number, task in task_statuses.items():
        if isinstance(task, Mapping) and task.get("trace"):
            parts.append(f"task {number} {task.get('state') or 'failed'}: {_shortened(str(task['trace']))}")
    return "; ".join(parts[:3])


def _shortened(trace: str) -> str:
    """A Java trace without its stack frames: what went wrong, and what caused it."""
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("at ", "... "))]
    text = " ".join(" ".join(said or lines).split())
    return text if len(text) <= _LONGEST_TRACE else text[:_LONGEST_TRACE] + " …"
