"""Tests for programs with Streamkap's sources: pytest fixtures for the real engine, and for Pulumi's mocks.

In your ``conftest.py``, so that nothing loads by itself::

    pytest_plugins = ["streamkap_pulumi.testing"]

`streamkap_emulator` is a local Streamkap API, `streamkap_stack` makes throw-away stacks that run on the real `pulumi`
against it, and `streamkap_mocks` runs a program without either. It needs the extra ``testing``: ``pip install
".[testing]"`` in a clone. docs/testing.md has a page of examples.
"""

from __future__ import annotations

try:
    from streamkap_pulumi.testing.fixtures import MakeStack, streamkap_emulator, streamkap_mocks, streamkap_stack
except ModuleNotFoundError as error:
    if error.name != "pytest":
        raise
    raise ModuleNotFoundError(
        'streamkap_pulumi.testing needs pytest: pip install ".[testing]" in a clone of streamkap-pulumi',
        name=error.name,
    ) from None
from streamkap_pulumi.testing.declared import Declared, DeclaredResource
from streamkap_pulumi.testing.engine import EngineNotFoundError
from streamkap_pulumi.testing.mocks import SourcesRefusedError, StreamkapMocks
from streamkap_pulumi.testing.projects import ProjectError
from streamkap_pulumi.testing.runs import Run
from streamkap_pulumi.testing.stack import Stack

__all__ = [
    "Declared",
    "DeclaredResource",
    "EngineNotFoundError",
    "MakeStack",
    "ProjectError",
    "Run",
    "SourcesRefusedError",
    "Stack",
    "StreamkapMocks",
    "streamkap_emulator",
    "streamkap_mocks",
    "streamkap_stack",
]
