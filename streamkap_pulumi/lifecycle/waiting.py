"""Waiting until an object is ready: polls with a growing, jittered interval, reports progress, and never raises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    SettingsError,
    StreamkapError,
)
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.live import desired_state_of

if TYPE_CHECKING:
    from streamkap_pulumi.lifecycle.declared import Declared

FIRST_INTERVAL = 0.4
LARGEST_INTERVAL = 10.0
GROWTH = 1.5
MISSED_FOR = 5.0
"""Seconds for which an object must be missing without a break before it counts as gone: a reader may lag behind."""
UNSEEN_FOR = 10.0
"""The same for one that was never read: a new object takes longer to appear everywhere."""
BROKEN_FOR = 60.0
"""Seconds for which the status must be Broken without a break before it counts."""
REPORT_EVERY = 10.0
_MOST_STATUSES = 6
_LONGEST_TRACE = 600

READ_AGAIN = "It is recorded in the stack's state: {first}run `pulumi up`, which checks again."
"""What to do about an object that exists and is not ready."""


def paced(
    context: Context, timeout: float, due: Callable[[], float] = lambda: math.inf
) -> Iterator[tuple[float, bool]]:
    """When to read: at once and then, for ever, after growing, jittered intervals.

    Each item is the seconds that have passed, and whether it is time to report progress: at once and then every ten
    seconds. No interval goes past `timeout`, past the next report, or past the moment `due`.
    """
    began = context.clock()
    reported: float | None = None
    interval = FIRST_INTERVAL
    waited = 0.0
    while True:
        is_time = reported is None or waited - reported >= REPORT_EVERY
        reported = waited if reported is None or is_time else reported
        yield waited, is_time
        moments = (timeout, reported + REPORT_EVERY, due())
        latest = min((moment for moment in moments if moment > waited), default=waited)
        context.sleep(max(0.01, min(interval * context.jitter(), latest - waited)))
        interval = min(interval * GROWTH, LARGEST_INTERVAL)
        waited = context.clock() - began


def bounded(
    context: Context, timeout: float, due: Callable[[], float] = lambda: math.inf
) -> Iterator[tuple[float, bool]]:
    """As `paced`, but ends: the last item comes when `timeout` seconds have passed.

    Once the run is interrupted there is one more item, for a last read that may show the outcome.
    """
    for waited, is_time in paced(context, timeout, due):
        if context.interrupted:
            yield timeout, False
            return
        yield waited, is_time
        if waited >= timeout:
            return


class Reason(Enum):
    """Why an object is not ready."""

    STATUS = "status"
    """It has another status than the wanted one."""
    UNREADABLE = "unreadable"
    """It could not be read."""
    GONE = "gone"
    """It was deleted."""
    INTERRUPTED = "interrupted"
    """The run was interrupted: there may be nothing wrong with it."""


@dataclass(frozen=True)
class Outcome:
    """How a wait ended: the object as it was last read, and why it is not ready (None: it is)."""

    last: Any
    not_ready: str | None = None
    reason: Reason = Reason.STATUS
    """What kind of reason `not_ready` is."""


def wait_until_ready(
    context: Context,
    declared: Declared,
    start: Any,
    *,
    operation: str,
    wanted: str | None = None,
    after_put: bool = False,
) -> Outcome:
    """Wait until the object's status is `wanted`, within the time-out of `operation`.

    By default `wanted` is worked out again from each read: an answer may show a desired state that is not documented.
    The reason why an object is not ready ends with what to do. A kind without a status is ready at once.
    """
    if not context.kind.status:
        return Outcome(start)
    outcome = StatusWait(context, declared, start.id, wanted, after_put).run(start, declared.timeout(operation))
    if outcome.not_ready is None:
        return outcome
    return replace(outcome, not_ready=f"{outcome.not_ready.rstrip('.')}. {_what_to_do(context, outcome)}")


def _what_to_do(context: Context, outcome: Outcome) -> str:
    if outcome.reason is Reason.INTERRUPTED:
        return READ_AGAIN.format(first="")
    if outcome.reason is Reason.GONE:
        return "Then `pulumi up` creates it again."
    if outcome.reason is Reason.STATUS and context.kind.status_of(outcome.last) == "Broken":
        # A run that only checks restarts nothing.
        return READ_AGAIN.format(first=f"fix the cause, restart the {context.kind.noun} in Streamkap's web page, then ")
    return READ_AGAIN.format(first="fix the cause and ")


def wanted_status(declared: Declared, seen: Any) -> str:
    """The declared desired state; without one the API's own; without that Active."""
    return declared.desired_state or desired_state_of(declared.kind, seen) or "Active"


@dataclass
class StatusWait:
    """Waits until an object's status is the wanted one."""

    context: Context
    declared: Declared
    object_id: str
    fixed: str | None
    """The wanted status; None works it out from each read."""
    first_is_stale: bool
    """After an update the wanted status counts from the second read on, or once another status was read."""

    @property
    def _what(self) -> str:
        return self.context.named(self.declared.name, self.object_id)

    def _status(self, seen: Any) -> str | None:
        return self.context.kind.status_of(seen)

    def _wanted(self, seen: Any) -> str:
        return self.fixed or wanted_status(self.declared, seen)

    def run(self, start: Any, timeout: float) -> Outcome:
        """Wait at most `timeout` seconds, from the answer `start` on."""
        last, reads = start, 0
        course = _Course()
        believed = not self.first_is_stale
        trouble: StreamkapError | None = None
        broken, missed = _Span(), _Span()

        def due() -> float:
            return min(broken.since + BROKEN_FOR, missed.since + _patience(reads))

        for waited, is_time in paced(self.context, timeout, due):
            if waited > 0 and not self.context.interrupted:
                last, trouble = self._read(last)
                reads += trouble is None
                missed.note(isinstance(trouble, NotFoundError), waited)
                if hopeless := self._hopeless(last, trouble, missed=waited - missed.since >= _patience(reads)):
                    return hopeless
            status, wanted = self._status(last), self._wanted(last)
            course.note(status, waited)
            believed = believed or reads > 1 or status != wanted
            if status == wanted and believed and trouble is None:
                return Outcome(last)
            if self.context.interrupted:
                return Outcome(last, self._interrupted(last, trouble, course), Reason.INTERRUPTED)
            broken.note(status == "Broken", waited)
            if waited - broken.since >= BROKEN_FOR and trouble is None:
                return Outcome(last, self._because(last, f"has been Broken for {shown(waited - broken.since)}", course))
            if waited >= timeout:
                return self._too_late(last, timeout, trouble, course)
            if is_time:
                self._report(last, waited, trouble)
        raise AssertionError("paced() never ends by itself")

    def _read(self, last: Any) -> tuple[Any, StreamkapError | None]:
        try:
            return self.context.fetch(self.object_id, once=True), None
        except StreamkapError as error:
            return last, error

    def _hopeless(self, last: Any, trouble: StreamkapError | None, *, missed: bool) -> Outcome | None:
        """Why to wait no longer; None where the trouble may pass."""
        if missed:
            return Outcome(last, f"{self._what} was deleted meanwhile; run `pulumi refresh`", Reason.GONE)
        if isinstance(trouble, (AuthenticationError, PermissionDeniedError, SettingsError)):
            return Outcome(last, f"{self._what} could not be read: {trouble.message}", Reason.UNREADABLE)
        return None

    def _report(self, last: Any, waited: float, trouble: StreamkapError | None) -> None:
        now = f"now {_named(self._status(last))}" if trouble is None else f"last read failed: {trouble.message}"
        self.context.report(f"{self._what}: waiting for {self._wanted(last)}, {now} ({shown(waited)})")

    def _because(self, last: Any, reason: str, course: _Course) -> str:
        statuses = self.context.redaction.data(getattr(last, "task_statuses", None) or {})
        trace = task_trace(statuses)
        return f"{self._what} {reason}, not {self._wanted(last)}{course}" + (f": {trace}" if trace else "")

    def _interrupted(self, last: Any, trouble: StreamkapError | None, course: _Course) -> str:
        status, wanted = self._status(last), self._wanted(last)
        if trouble is not None:
            seen = "could not be read"
        elif status == wanted:  # It may be the one from before the update.
            seen = f"had not yet been seen to be {wanted} again"
        else:
            seen = f"was {_named(status)}, not {wanted},"
        return f"{self._what} {seen} when the run was interrupted{course}"

    def _too_late(self, last: Any, timeout: float, trouble: StreamkapError | None, course: _Course) -> Outcome:
        if trouble is not None:
            unread = f"could not be seen to become {self._wanted(last)} within {shown(timeout)}{course}"
            return Outcome(last, f"{self._what} {unread}: {trouble.message}", Reason.UNREADABLE)
        still = f"is still {_named(self._status(last))} after {shown(timeout)}"
        return Outcome(last, self._because(last, still, course))


def _patience(reads: int) -> float:
    """For how long an object must be missing to count as gone, after so many reads that showed it."""
    return MISSED_FOR if reads else UNSEEN_FOR


class _Span:
    """Since when something has held without a break; never is infinitely far ahead."""

    since = math.inf

    def note(self, holds: bool, waited: float) -> None:
        self.since = min(self.since, waited) if holds else math.inf


class _Course:
    """Which statuses were read, and when; shown where there were several, and of many only the last ones."""

    def __init__(self) -> None:
        self._statuses: list[tuple[str, float]] = []

    def note(self, status: str | None, waited: float) -> None:
        if not self._statuses or self._statuses[-1][0] != _named(status):
            self._statuses.append((_named(status), waited))

    def __str__(self) -> str:
        if len(self._statuses) < 2:
            return ""
        last = self._statuses[-_MOST_STATUSES:]
        omitted = "… " if len(last) < len(self._statuses) else ""
        return f" (seen: {omitted}{', '.join(f'{status} at {shown(at)}' for status, at in last)})"


def _named(status: str | None) -> str:
    return status or "without a status"


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
