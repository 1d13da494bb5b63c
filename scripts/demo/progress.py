"""Shows that something quiet goes on, and for how long."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

IN_PIPE = 5.0
ON_TERMINAL = 1.0


@contextlib.contextmanager
def elapsed(doing: str, stream: TextIO | None = None, every: float | None = None) -> Iterator[None]:
    """While the block runs, one line that counts the seconds on a terminal, and a line now and then in a pipe."""
    out = stream or sys.stdout
    moves = out.isatty()
    ended = threading.Event()
    began = time.monotonic()

    def tell() -> None:
        while not ended.wait(every or (ON_TERMINAL if moves else IN_PIPE)):
            text = f"{doing} … {time.monotonic() - began:.0f} s"
            # With the terminal closed nobody reads it.
            with contextlib.suppress(OSError, ValueError):
                out.write(f"\r{text}" if moves else f"{text}\n")
                out.flush()
        if moves:
            with contextlib.suppress(OSError, ValueError):
                out.write("\r\x1b[K")
                out.flush()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
