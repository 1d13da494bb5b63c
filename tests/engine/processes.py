"""The processes of a run, as the system shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from streamkap_pulumi.emulator import Emulator

PATIENCE = 60.0
"""Seconds for something to happen on a busy machine."""


def until(happens: Callable[[], object]) -> None:
    """Wait for what has to happen."""
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def providers(emulator: Emulator) -> list[int]:
    """The provider processes that talk to this emulator."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = ((folder / name).read_bytes().split(b"\0") for name in ("cmdline", "environ"))
        except OSError:
            continue
        if b"pulumi.dynamic" in command and f"STREAMKAP_HOST={emulator.url}".encode() in environment:
            found.append(int(folder.name))
    return found
