"""Fixtures for the examples: a copy of one, in the hands of somebody who has the emulator for a Streamkap account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.testing import streamkap_emulator  # noqa: F401 - a fixture
from tests.examples.readmes import Example, local_settings

MakeExample = Callable[[str], Example]


@pytest.fixture
def account(streamkap_emulator: Emulator) -> dict[str, str]:  # noqa: F811 - that fixture
    """The variables of somebody whose Streamkap is the emulator."""
    return local_settings(streamkap_emulator.url, streamkap_emulator.client_id, streamkap_emulator.secret)


@pytest.fixture
def example(tmp_path: Path, account: dict[str, str], engine: Path) -> MakeExample:
    """Makes a copy of an example."""
    return lambda name: Example(name, tmp_path, account)
