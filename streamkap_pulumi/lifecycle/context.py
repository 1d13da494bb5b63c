"""What every operation of the lifecycle works with, and which sources this run has created."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streamkap_pulumi.lifecycle.replacing import Replacements

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.redaction import Redaction


class Claims:
    """The ids of the sources that were made here; threads share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: set[str] = set()
        self._making: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def __contains__(self, source_id: str) -> bool:
        with self._lock:
            return source_id in self._ids

    def claim(self, source_id: str) -> bool:
        """Note that a resource has this source; False where another one has it already."""
        with self._lock:
            new = source_id not in self._ids
            self._ids.add(source_id)
            return new

    def making(self, name: str) -> AbstractContextManager[object]:
        """One at a time makes a source of this name: else one could find what the other has just asked for."""
        with self._lock:
            return self._making[name]


@dataclass(frozen=True)
class Context:
    """The API, a way to tell the user of progress, what must not be told, and the time. `sleep` takes seconds.

    `claims` knows the sources that this run has made, `replacements` those of which it has verified that they can be.
    """

    api: Streamkap
    report: Callable[[str], None] = lambda _: None
    claims: Claims = field(default_factory=Claims)
    replacements: Replacements = field(default_factory=Replacements)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default=lambda: random.uniform(0.8, 1.2))  # noqa: S311 - no cryptography

    @property
    def interrupted(self) -> bool:
        """The run is to end, as after Ctrl-C: no wait goes on, and what exists is recorded as it is."""
        return self.api.interruption.came

    @property
    def redaction(self) -> Redaction:
        """Knows every secret value that came up in the run so far; the API's errors are cleared by it from the start.

        Also those of other sources: a Kafka Connect cluster is shared, and a trace may quote a neighbour's.
        """
        return self.api.redaction
