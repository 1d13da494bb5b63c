"""The server's own time, from the `Date` of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime


class ServerClock:
    """Tells what time it is at the server at least, whatever the clock of this machine says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: tuple[datetime, float] | None = None

    def observe(self, date: str | None) -> None:
        """Take note of an answer's `Date`; of one that is missing or no date nothing."""
        try:
            told = parsedate_to_datetime(date or "")
        except (TypeError, ValueError, IndexError):
            return
        told = told if told.tzinfo else told.replace(tzinfo=timezone.utc)
        self._seen = (told, self._clock())

    def now(self) -> datetime | None:
        """The server's time, or a little earlier: a `Date` has whole seconds. None before the first answer."""
        if self._seen is None:
            return None
        told, at = self._seen
        return told + timedelta(seconds=max(0.0, self._clock() - at))
