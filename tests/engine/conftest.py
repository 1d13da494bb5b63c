"""Fixtures for tests on the real engine: an emulator, and stacks that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import Stack

MakeStack = Callable[..., Stack]


@pytest.fixture(autouse=True)
def every_test_here_needs_the_engine(engine: Path) -> None:
    """Also one that runs it by a command."""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """A Streamkap API with nothing in it, quicker than the real one but with all its states in between."""
    with Emulator(tmp_path / "emulator.sqlite", {"status_delay": 0.3, "async_delete_delay": 0.5}) as running:
        yield running


@pytest.fixture
def make_stack(tmp_path: Path, emulator: Emulator, engine: Path) -> MakeStack:
    """Makes stacks whose environment holds the emulator's host and, unless reported otherwise, its credentials."""

    def make(project: str = "infra", *, host: str | None = None, credentials: bool = True) -> Stack:
        environment = {"STREAMKAP_HOST": host or emulator.url}
        if credentials:
            environment |= {"STREAMKAP_CLIENT_ID": emulator.client_id, "STREAMKAP_SECRET": emulator.secret}
        return Stack(tmp_path / project, tmp_path / "backend", environment, project=project)

    return make


@pytest.fixture
def stack(make_stack: MakeStack) -> Stack:
    """One stack that is ready for use, with its settings in the environment."""
    return make_stack()
