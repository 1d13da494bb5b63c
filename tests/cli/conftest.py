"""One emulator for all tests of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def settings(emulator: Emulator) -> dict[str, str]:
    """The environment that leads to the emulator."""
    return {
        "STREAMKAP_HOST": emulator.url,
        "STREAMKAP_CLIENT_ID": emulator.client_id,
        "STREAMKAP_SECRET": emulator.secret,
    }


@pytest.fixture
def answer(emulator: Emulator) -> dict[str, Any]:
    """The emulator's `GET /sources/connectors`."""
    with Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        return streamkap.sources.connectors()
