"""Whether the run is to end early, as after Ctrl-C."""

from __future__ import annotations

import threading


class Interruption:
    """Comes once, and is never taken back. Threads share one.

    From then on a client ends its waits, sends no request that changes something and retries none. A request under way
    is finished.
    """

    def __init__(self) -> None:
        self._came = threading.Event()

    @property
    def came(self) -> bool:
        """The run is to end."""
        return self._came.is_set()

    def interrupt(self) -> None:
        """Have the run end."""
        self._came.set()

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the interruption."""
        self._came.wait(seconds)
