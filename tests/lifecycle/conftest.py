"""An emulator, and a context whose time passes only by sleeping."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.bounds import Retries
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.context import Context

NO_RETRIES = Retries(count=0)
"""The transport's own retries take real time; what it does by them is tested with it."""


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(faults={"status_delay": 0, "async_delete_delay": 0}) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(emulator: Emulator, clock: Clock) -> Iterator[Context]:
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, retries=NO_RETRIES) as streamkap:
        yield Context(streamkap, report=clock.said.append, clock=lambda: clock.now, sleep=clock.sleep)
