"""Pytest fixtures to test programs with Streamkap's objects, on the real engine and on Pulumi's mocks.

Nothing loads by itself: enable them in your ``conftest.py``::

    pytest_plugins = ["streamkap_pulumi.testing"]

`streamkap_emulator` is a local Streamkap API, `streamkap_stack` creates throw-away stacks that run on the real `pulumi`
against it, and `streamkap_mocks` runs a program without either. They need the extra ``testing``: ``pip install
".[testing]"`` in a clone. Examples are in docs/testing.md.
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
from streamkap_pulumi.testing.engine import EngineNotFoundError
from streamkap_pulumi.testing.mocks import Declared, DeclaredResource, SourcesRefusedError, StreamkapMocks
from streamkap_pulumi.testing.projects import ProjectError
from streamkap_pulumi.testing.stack import Run, Stack

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
