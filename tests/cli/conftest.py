"""The emulator of the whole run, with its delays, for the tests of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from streamkap_pulumi.api import Streamkap

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator


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
