"""Waiting until what was asked for is seen: polls with a growing, jittered interval, tells of progress, never raises.

Written for any object that has a status, not for sources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from streamkap_pulumi.api.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    SettingsError,
    StreamkapError,
)
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.durations import shown

FIRST_INTERVAL = 0.4
LARGEST_INTERVAL = 10.0
GROWTH = 1.5
BROKEN_FOR = 60.0
"""Seconds without a break for which Broken must be seen before it counts."""
REPORT_EVERY = 10.0

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Outcome(Generic[Seen]):
    """How a wait ended: the object as it was last seen, and why it is not ready (None: it is)."""

    last: Seen
    not_ready: str | None = None


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
        began = self.context.clock()
        last, looks, misses = start, 0, 0
        believed = not self.first_is_stale
        trouble: StreamkapError | None = None
        broken_since: float | None = None
        told: float | None = None
        interval = FIRST_INTERVAL
        while True:
            now = self.context.clock()
            status = self.status(last)
            wanted = self.wanted(last)
            believed = believed or looks > 1 or status != wanted
            if status == wanted and believed and trouble is None:
                return Outcome(last)
            broken_since = (broken_since if broken_since is not None else now) if status == "Broken" else None
            if broken_since is not None and now - broken_since >= BROKEN_FOR:
                return Outcome(last, self._because(last, f"has been Broken for {shown(now - broken_since)}"))
            if now - began >= timeout:
                return Outcome(last, self._too_late(last, timeout, trouble))
            if told is None or now - told >= REPORT_EVERY:
                told = now
                self._report(last, now - began, trouble)
            self.context.sleep(max(0.01, min(interval * self.context.jitter(), began + timeout - now)))
            interval = min(interval * GROWTH, LARGEST_INTERVAL)
            try:
                last, trouble, misses = self.look(), None, 0
                looks += 1
            except NotFoundError as error:
                misses, trouble = misses + 1, error
                if misses > 1:
                    return Outcome(last, f"{self.what} was deleted meanwhile; run `pulumi refresh`")
            except (AuthenticationError, PermissionDeniedError, SettingsError) as error:
                return Outcome(last, f"{self.what} could not be watched: {error.told(self.clear)}")
            except StreamkapError as error:
                trouble = error

    def _report(self, last: Seen, waited: float, trouble: StreamkapError | None) -> None:
        status = self.status(last)
        seen = (
            f"now {status or 'without a status'}"
            if trouble is None
            else f"last look failed: {trouble.told(self.clear)}"
        )
        self.context.report(f"{self.what}: waiting for {self.wanted(last)}, {seen} ({shown(waited)})")

    def _because(self, last: Seen, reason: str) -> str:
        trace = self.trace(last)
        return f"{self.what} {reason}, not {self.wanted(last)}" + (f": {trace}" if trace else "")

    def _too_late(self, last: Seen, timeout: float, trouble: StreamkapError | None) -> str:
        if trouble is not None:
            seen = f"could not be seen to become {self.wanted(last)} within {shown(timeout)}"
            return f"{self.what} {seen}: {trouble.told(self.clear)}"
        return self._because(last, f"is still {self.status(last) or 'without a status'} after {shown(timeout)}")
