"""Turns: once the API has said 429, the threads of a client ask one after the other, not all at a time.

Waiting and asking again is not enough where fifty threads share one limit: those who come new take what is there, and
who was refused may be refused until its tries are used up. So the client finds the pace that the API bears.
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
"""Seconds of waiting for a turn of which nobody needs to know."""
_TOLD_EVERY = 10.0
"""Seconds: many threads wait at once, and one of them tells of it."""


class Turns:
    """The pace of all threads of one client: without bound, until the first 429. `report` is told of long waits."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._report = report or (lambda _: None)
        self._told: float | None = None
        self._lock = threading.Lock()
        self._gap = 0.0
        self._next = 0.0
        self._judged_from = 0.0

    def take(self) -> float:
        """Wait for a turn, and give the moment of it."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
            tells = turn - now >= _QUIET_FOR and (self._told is None or now - self._told >= _TOLD_EVERY)
            self._told = now if tells else self._told
        if tells:
            self._report(f"Streamkap: too many requests; the next one waits {turn - now:.0f} s for its turn")
        if turn > now:
            self._sleep(turn - now)
        return turn

    def refused(self, turn: float) -> None:
        """The request of that turn was answered 429: go slower.

        Once for all turns that were given before: they say nothing of the new pace.
        """
        with self._lock:
            if turn > self._judged_from:
                self._gap = min(max(self._gap * _SLOWER, _FIRST_GAP), _LARGEST_GAP)
                self._judged_from = max(self._clock(), self._next)

    def accepted(self) -> None:
        """A request was not refused: go a little faster."""
        if self._gap:
            with self._lock:
                self._gap = self._gap * _FASTER if self._gap > _FIRST_GAP / 2 else 0.0
