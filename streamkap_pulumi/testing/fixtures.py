"""The fixtures: an emulator, stacks on the real engine that use it, and mocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamkap_pulumi.testing.engine import EngineNotFoundError
from streamkap_pulumi.testing.mocks import StreamkapMocks
from streamkap_pulumi.testing.projects import ProjectError, StackConfiguration, copy_project
from streamkap_pulumi.testing.stack import Stack

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

QUICK = {"status_delay": 0.1, "async_delete_delay": 0.1}
"""The emulator's switches at the start of a test: objects pass through all intermediate states, quickly."""


@dataclass(frozen=True)
class MakeStack:
    """Creates throw-away stacks of your projects: the value of the fixture `streamkap_stack`.

    All stacks of a test are in one backend, so they can refer to each other, as ``organization/<project>/<name>``.
    """

    folder: Path
    """The test's own folder, for the copies of your projects and the stacks' states."""
    emulator: Emulator
    """The Streamkap that all of them use."""

    def __call__(
        self,
        project: str | Path | None = None,
        *,
        name: str = "test",
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        credentials: bool = True,
    ) -> Stack:
        """A stack that is ready for `up()`. It leaves nothing in your project's folder.

        Args:
            project: the folder with the Pulumi.yaml, which is copied. Default: an empty project ``infra``, whose
                program you set with `Stack.program`.
            name: the stack's name. If the project has a ``Pulumi.<name>.yaml``, its configuration is used; an encrypted
                value becomes ``secret-of-<key>``, unless it is among `secrets`.
            config: configuration in clear; it takes precedence over the file.
            secrets: configuration to encrypt; it takes precedence over the file.
            credentials: whether the program gets the emulator's credentials. The host is the emulator in any case.
        """
        __tracebackhide__ = True
        try:
            return self._make(project, name, dict(config or {}), dict(secrets or {}), credentials=credentials)
        except (EngineNotFoundError, ProjectError) as error:
            pytest.fail(str(error), pytrace=False)

    def _make(
        self,
        project: str | Path | None,
        name: str,
        config: dict[str, str],
        secrets: dict[str, str],
        *,
        credentials: bool,
    ) -> Stack:
        copy = self._new_folder()
        title, found = "infra", StackConfiguration()
        if project is not None:
            title, found = copy_project(Path(project).resolve(), copy, name)
        environment = {"STREAMKAP_HOST": self.emulator.url}
        if credentials:
            environment |= {"STREAMKAP_CLIENT_ID": self.emulator.client_id, "STREAMKAP_SECRET": self.emulator.secret}
        stack = Stack(copy, self.folder / "backend", environment, project=title, name=name)
        given = {key if ":" in key else f"{title}:{key}" for key in (*config, *secrets)}
        stand_ins = {key: value for key, value in found.secret.items() if key not in given}
        # The stack's own configuration takes precedence over Pulumi.yaml.
        config = {"streamkap:host": self.emulator.url} | config
        return stack.configure_all(config, stand_ins | secrets)

    def _new_folder(self) -> Path:
        return self.folder / f"project-{len(list(self.folder.glob('project-*'))) + 1}"


@pytest.fixture
def streamkap_emulator() -> Iterator[Emulator]:
    """An empty Streamkap API on this machine for this test alone, with its `url`, `client_id` and `secret`.

    `sources()`, `destinations()`, `tags()` and `requests()` show what happened in it; `faults(...)`,
    `change_source(...)` and `change_destination(...)` cause trouble. See docs/emulator.md. It needs the extra
    ``testing``.
    """
    try:
        from streamkap_pulumi.emulator import Emulator  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    with Emulator(faults=QUICK) as running:
        yield running


@pytest.fixture
def streamkap_stack(streamkap_emulator: Emulator, tmp_path: Path) -> MakeStack:
    """Creates throw-away stacks on the real engine, with `streamkap_emulator` as Streamkap: see `MakeStack`.

    ::

        def test_the_second_run_changes_nothing(streamkap_stack):
            stack = streamkap_stack(".", name="dev")
            stack.up().succeeded()
            stack.rests()
    """
    folder = tmp_path / "streamkap"
    folder.mkdir()
    return MakeStack(folder, streamkap_emulator)


@pytest.fixture
def streamkap_mocks() -> StreamkapMocks:
    """Runs programs without engine, emulator and network, in milliseconds: see `StreamkapMocks`.

    ::

        def test_production_is_protected(streamkap_mocks):
            declared = streamkap_mocks.run(".", stack="prod")
            assert all(source.protect for source in declared.sources.values())
    """
    return StreamkapMocks()
