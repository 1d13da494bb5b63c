"""Clients of the emulator."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from streamkap_pulumi.emulator import clock, exchange
from tests.emulator.samples import USUAL, Api, client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streamkap_pulumi.emulator import Emulator


@pytest.fixture
def stranger(emulator: Emulator) -> Iterator[Api]:
    """A client without a token."""
    with client_of(emulator) as api:
        yield api


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Api]:
    """A client with the token of demo-client."""
    with client_of(emulator) as api:
        yield api.login()


@pytest.fixture(params=list(USUAL))
def both(api: Api, request: pytest.FixtureRequest) -> Api:
    """That client, once for sources and once for destinations."""
    api.kind = request.param
    return api


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the emulator's clock forward by some seconds, without waiting."""
    passed = 0.0
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + passed)

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    return move


@dataclass
class Held:
    """The latencies of the emulator: each lasts until it is ended, and not for its seconds."""

    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    async def latency(self, seconds: float) -> None:
        """Take the place of the real one."""
        if seconds:
            self.begun.set()
            await asyncio.to_thread(self.ended.wait)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Requests with a latency go on when the test says so."""
    held = Held()
    monkeypatch.setattr(exchange, "latency", held.latency)
    yield held
    held.ended.set()
