"""What is left when the engine is killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import ORDERS
from tests.engine.stack import Stack

PATIENCE = 60.0
"""Seconds for something to happen on a busy machine."""


def until(happens: Callable[[], object]) -> None:
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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give no handle on a process that is not a child")
def test_the_provider_ends_with_its_engine_and_sends_nothing_more(stack: Stack, emulator: Emulator) -> None:
    """It would go on waiting, and a request of it could make what is recorded nowhere."""
    emulator.faults(stuck="on")
    running = stack.program(ORDERS).start("up", "--yes", "--skip-preview")
    try:
        until(emulator.sources)
        assert len(providers(emulator)) == 1
    finally:
        running.kill()
        running.communicate()
    until(lambda: providers(emulator) == [])
    sent = len(emulator.requests())
    time.sleep(2)
    assert len(emulator.requests()) == sent
