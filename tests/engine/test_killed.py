"""What is left when the engine is killed."""

from __future__ import annotations

import sys
import time

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.processes import providers, until
from tests.engine.programs import ORDERS
from tests.engine.stack import Stack


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
