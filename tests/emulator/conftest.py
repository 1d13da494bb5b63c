"""One emulator for all tests of a run, emptied before each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.emulator.samples import Api, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """An emulator with nothing in it, in which nothing takes time."""
    running_emulator.reset()
    running_emulator.faults(status_delay=0, async_delete_delay=0)
    return running_emulator


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
