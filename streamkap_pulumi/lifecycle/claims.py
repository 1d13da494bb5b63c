"""Which sources this run has made, so that no two of its resources are given the same one."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import AbstractContextManager


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
