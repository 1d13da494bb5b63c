"""Which versions of the engine can do what. The version that our own tests run is also in `tools/engine/pins.py`."""

from __future__ import annotations

import re
from pathlib import Path

from streamkap_pulumi.pulumi_cli.program import PulumiError, ask

Version = tuple[int, ...]

OLDEST: Version = (3, 182, 0)
"""The first with resource hooks, which fail the run when a source does not become ready: for `pulumi` itself."""

OLDEST_TO_BRING_IN: Version = (3, 254, 0)
"""The first whose import files take inputs and outputs: for `streamkap recover` and `streamkap adopt`."""

TESTED: Version = (3, 259, 0)
"""The one that the tests of this package run."""


def version_of(pulumi: Path) -> Version:
    """Its version, as three numbers.

    Raises:
        PulumiError: it does not run, or does not print a version.
    """
    said = ask(pulumi, ["version"])
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said)
    if not found:
        raise PulumiError(f"`pulumi version` prints {said[:80]!r}")
    return tuple(int(part) for part in found.groups())


def written(version: Version) -> str:
    """Such as 3.182.0."""
    return ".".join(map(str, version))
