"""Whether the run is to end early, as after Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

_TICK = 0.5
"""Seconds after which an interruption is noticed by who waits for an answer."""

_Result = TypeVar("_Result")


class Interruption:
    """Comes once, and is never taken back. Threads share one.

    From then on a client ends its waits, sends no request that changes something and retries none. A request under way
    is finished, if it changes something; a look is given up when its answer does not come.
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


def finish(look: Callable[[], _Result], interruption: Interruption, patience: float) -> _Result:
    """What `look` returns or raises; once the run was interrupted it has `patience` seconds left.

    Raises:
        TimeoutError: it was given up. It goes on in a thread of its own, which nobody waits for.
    """
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(look())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="streamkap: a look", daemon=True).start()
    while not wait([future], _TICK).done:
        if interruption.came and not wait([future], patience).done:
            raise TimeoutError
    return future.result()
