"""Slows the threads of a client down once the API has answered 429.

Waiting and trying again is not enough if fifty threads share one rate limit. Threads that have not been refused take
what is free, and one that was refused may be refused again until it has no tries left. So the client finds a pace that
the API accepts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_FIRST_GAP = 0.05
_LARGEST_GAP = 1.0
_SLOWER = 2.0
_FASTER = 0.97

_QUIET_FOR = 3.0
"""A wait that is shorter than this, in seconds, is not reported."""
_REPORT_EVERY = 10.0
"""Seconds between two reports: many threads wait at once, and one report is enough."""


class Throttle:
    """The pace of all threads of one client: unlimited until the first 429. Long waits go to `report`."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._report = report
        self._reported_at: float | None = None
        self._lock = threading.Lock()
        self._gap = 0.0
        self._next = 0.0
        self._slowed_at = 0.0

    def wait(self) -> float:
        """Wait for a turn, and return its moment."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
            is_due = self._reported_at is None or now - self._reported_at >= _REPORT_EVERY
            reports = turn - now >= _QUIET_FOR and is_due
            self._reported_at = now if reports else self._reported_at
        if reports:
            self._report(f"Streamkap: too many requests; the next one waits {turn - now:.0f} s for its turn")
        if turn > now:
            self._sleep(turn - now)
        return turn

    def refused(self, turn: float) -> None:
        """The request of that turn was answered 429: slow down.

        Turns from before the last slowdown do not count: they say nothing about the new pace.
        """
        with self._lock:
            if turn > self._slowed_at:
                self._gap = min(max(self._gap * _SLOWER, _FIRST_GAP), _LARGEST_GAP)
                self._slowed_at = max(self._clock(), self._next)

    def accepted(self) -> None:
        """A request was not refused: speed up a little."""
        if self._gap:
            with self._lock:
                self._gap = self._gap * _FASTER if self._gap > _FIRST_GAP / 2 else 0.0
