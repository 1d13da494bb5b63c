"""A context whose time passes only by sleeping."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.settings import Retries
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context

NO_RETRIES = Retries(count=0)
"""What the transport does by its own retries is tested with it."""


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def no_real_waits(retry_waits: list[float]) -> None:
    """Nor does a retry of the transport wait."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, by which the emulator lives, too: what it does after a while is done once that was slept."""
    monkeypatch.setattr("streamkap_pulumi.emulator.clock.now", lambda: time.time() + clock.now)
    return clock


@pytest.fixture
def context(emulator: Emulator, clock: Clock) -> Iterator[Context]:
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, retries=NO_RETRIES) as streamkap:
        yield Context(SOURCE, streamkap, report=clock.said.append, clock=lambda: clock.now, sleep=clock.sleep)
