"""Whether the run is to end early, as after Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

_TICK = 0.5
"""Seconds until a thread that waits for an answer notices the interruption."""

_Result = TypeVar("_Result")


class Interruption:
    """Happens once and cannot be undone. Threads share one.

    After it a client ends its waits, retries nothing, and sends no request that changes something. A request that is
    under way is finished if it changes something. A read is given up if its answer does not come.
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def came(self) -> bool:
        """The run is to end."""
        return self._event.is_set()

    def interrupt(self) -> None:
        """End the run."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Wait until the time is over or the run is interrupted."""
        self._event.wait(seconds)


def interruptible(read: Callable[[], _Result], interruption: Interruption, patience: float) -> _Result:
    """What `read` returns or raises. After an interruption it has `patience` seconds left.

    Raises:
        TimeoutError: it took longer. It goes on in a thread of its own, for which nobody waits.
    """
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(read())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="streamkap: a read", daemon=True).start()
    while not wait([future], _TICK).done:
        if interruption.came and not wait([future], patience).done:
            raise TimeoutError
    return future.result()
