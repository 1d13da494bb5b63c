"""Waiting until what was asked for is seen: polls with a growing, jittered interval, tells of progress, never raises.

Written for any object that has a status, not for sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from streamkap_pulumi.api.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    SettingsError,
    StreamkapError,
)
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.context import Context

FIRST_INTERVAL = 0.4
LARGEST_INTERVAL = 10.0
GROWTH = 1.5
MISSED_FOR = 5.0
"""Seconds without a break for which an object must not be there before it counts as gone: a reader may lag behind."""
UNSEEN_FOR = 10.0
"""The same for one that was never seen: what was just made takes longer to be seen everywhere."""
BROKEN_FOR = 60.0
"""Seconds without a break for which Broken must be seen before it counts."""
REPORT_EVERY = 10.0
_MOST_SEEN = 6

Seen = TypeVar("Seen")


def paced(
    context: Context, timeout: float, due: Callable[[], float] = lambda: math.inf
) -> Iterator[tuple[float, bool]]:
    """When to look: at once and then, for ever, after growing, jittered intervals.

    Each item is the seconds that were waited so far, and whether it is time to tell of progress: at once and then
    every ten seconds. No interval goes past `timeout`, past the next word of progress, or past the moment `due`.
    """
    began = context.clock()
    told: float | None = None
    interval = FIRST_INTERVAL
    waited = 0.0
    while True:
        tell = told is None or waited - told >= REPORT_EVERY
        told = waited if told is None or tell else told
        yield waited, tell
        moments = (timeout, told + REPORT_EVERY, due())
        latest = min((moment for moment in moments if moment > waited), default=waited)
        context.sleep(max(0.01, min(interval * context.jitter(), latest - waited)))
        interval = min(interval * GROWTH, LARGEST_INTERVAL)
        waited = context.clock() - began


def bounded(
    context: Context, timeout: float, due: Callable[[], float] = lambda: math.inf
) -> Iterator[tuple[float, bool]]:
    """As `paced`, with an end: the last item comes when `timeout` seconds have passed.

    Once the run is interrupted they have: one look is left, which may show how things ended.
    """
    for waited, tell in paced(context, timeout, due):
        if context.interrupted:
            yield timeout, False
            return
        yield waited, tell
        if waited >= timeout:
            return


class Reason(Enum):
    """Why an object is not ready."""

    STATUS = "status"
    """Its status is another one than the wanted one."""
    UNSEEN = "unseen"
    """It could not be read."""
    GONE = "gone"
    """It was deleted."""
    INTERRUPTED = "interrupted"
    """The run was interrupted: nothing need be wrong with it."""


@dataclass(frozen=True)
class Outcome(Generic[Seen]):
    """How a wait ended: the object as it was last seen, and why it is not ready (None: it is)."""

    last: Seen
    not_ready: str | None = None
    reason: Reason = Reason.STATUS
    """Of what kind `not_ready` is."""


@dataclass
class StatusWait(Generic[Seen]):
    """Waits until an object's status is the wanted one.

    Args:
        what: names the object in progress and reasons, such as ``source 'orders' (64a1…)``.
        wanted: the status that ends the wait well, by what was seen last.
        look: reads the object anew.
        status: the object's status.
        trace: what the object itself says of its failure, without secrets; empty when it says nothing.
        clear: takes secrets out of the API's words in an error.
        first_is_stale: after an update the wanted status counts from the second look on, or once another status was
            seen: until then it may be the old one.
    """

    context: Context
    what: str
    wanted: Callable[[Seen], str]
    look: Callable[[], Seen]
    status: Callable[[Seen], str | None]
    trace: Callable[[Seen], str]
    clear: Callable[[str], str] = str
    first_is_stale: bool = False

    def run(self, start: Seen, timeout: float) -> Outcome[Seen]:
        """Wait at most `timeout` seconds, from the answer `start` on."""
        last, looks = start, 0
        course = _Course()
        believed = not self.first_is_stale
        trouble: StreamkapError | None = None
        broken, missed = _Span(), _Span()

        def due() -> float:
            return min(broken.since + BROKEN_FOR, missed.since + _patience(looks))

        for waited, tell in paced(self.context, timeout, due):
            if waited > 0 and not self.context.interrupted:
                last, trouble = self._look(last)
                looks += trouble is None
                missed.note(isinstance(trouble, NotFoundError), waited)
                if hopeless := self._hopeless(last, trouble, missed=waited - missed.since >= _patience(looks)):
                    return hopeless
            status, wanted = self.status(last), self.wanted(last)
            course.note(status, waited)
            believed = believed or looks > 1 or status != wanted
            if status == wanted and believed and trouble is None:
                return Outcome(last)
            if self.context.interrupted:
                return Outcome(last, self._interrupted(last, trouble, course), Reason.INTERRUPTED)
            broken.note(status == "Broken", waited)
            if waited - broken.since >= BROKEN_FOR and trouble is None:
                return Outcome(last, self._because(last, f"has been Broken for {shown(waited - broken.since)}", course))
            if waited >= timeout:
                return self._too_late(last, timeout, trouble, course)
            if tell:
                self._report(last, waited, trouble)
        raise AssertionError("paced() never ends by itself")

    def _look(self, last: Seen) -> tuple[Seen, StreamkapError | None]:
        try:
            return self.look(), None
        except StreamkapError as error:
            return last, error

    def _hopeless(self, last: Seen, trouble: StreamkapError | None, *, missed: bool) -> Outcome[Seen] | None:
        """Why to wait no longer; None where the trouble may pass."""
        if missed:
            return Outcome(last, f"{self.what} was deleted meanwhile; run `pulumi refresh`", Reason.GONE)
        if isinstance(trouble, (AuthenticationError, PermissionDeniedError, SettingsError)):
            return Outcome(last, f"{self.what} could not be watched: {trouble.told(self.clear)}", Reason.UNSEEN)
        return None

    def _report(self, last: Seen, waited: float, trouble: StreamkapError | None) -> None:
        status = self.status(last)
        seen = f"now {_named(status)}" if trouble is None else f"last look failed: {trouble.told(self.clear)}"
        self.context.report(f"{self.what}: waiting for {self.wanted(last)}, {seen} ({shown(waited)})")

    def _because(self, last: Seen, reason: str, course: _Course) -> str:
        trace = self.trace(last)
        return f"{self.what} {reason}, not {self.wanted(last)}{course}" + (f": {trace}" if trace else "")

    def _interrupted(self, last: Seen, trouble: StreamkapError | None, course: _Course) -> str:
        status, wanted = self.status(last), self.wanted(last)
        if trouble is not None:
            seen = "could not be read"
        elif status == wanted:  # It may be the one of before the update.
            seen = f"was not known to have become {wanted} again"
        else:
            seen = f"was {_named(status)}, not {wanted},"
        return f"{self.what} {seen} when the run was interrupted{course}"

    def _too_late(self, last: Seen, timeout: float, trouble: StreamkapError | None, course: _Course) -> Outcome[Seen]:
        if trouble is not None:
            seen = f"could not be seen to become {self.wanted(last)} within {shown(timeout)}{course}"
            return Outcome(last, f"{self.what} {seen}: {trouble.told(self.clear)}", Reason.UNSEEN)
        still = f"is still {_named(self.status(last))} after {shown(timeout)}"
        return Outcome(last, self._because(last, still, course))


def _patience(looks: int) -> float:
    """How long an object must not be there to count as gone, after so many looks that showed it."""
    return MISSED_FOR if looks else UNSEEN_FOR


class _Span:
    """Since when something holds without a break; never is infinitely far ahead."""

    since = math.inf

    def note(self, holds: bool, waited: float) -> None:
        self.since = min(self.since, waited) if holds else math.inf


class _Course:
    """What was seen, and when; told where it is more than one status, and of many the last ones."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, float]] = []

    def note(self, status: str | None, waited: float) -> None:
        if not self._seen or self._seen[-1][0] != _named(status):
            self._seen.append((_named(status), waited))

    def __str__(self) -> str:
        if len(self._seen) < 2:
            return ""
        last = self._seen[-_MOST_SEEN:]
        left_out = "… " if len(last) < len(self._seen) else ""
        return f" (seen: {left_out}{', '.join(f'{status} at {shown(at)}' for status, at in last)})"


def _named(status: str | None) -> str:
    return status or "without a status"
