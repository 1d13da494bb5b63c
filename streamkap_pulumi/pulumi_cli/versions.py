"""Which engine is new enough for what. What this repository runs is in the top folder's `engine/pins.py`, too."""

from __future__ import annotations

import re
from pathlib import Path

from streamkap_pulumi.pulumi_cli.program import PulumiError, ask

Version = tuple[int, ...]

OLDEST: Version = (3, 182, 0)
"""The first with resource hooks, which fail the run of a source that does not become ready: for `pulumi` itself."""

OLDEST_TO_BRING_IN: Version = (3, 254, 0)
"""The first whose import files take inputs and outputs: for `streamkap recover` and `streamkap adopt`."""

TESTED: Version = (3, 259, 0)
"""What the tests of this package run."""


def version_of(pulumi: Path) -> Version:
    """The three numbers of its version.

    Raises:
        PulumiError: it does not run, or says no version.
    """
    said = ask(pulumi, ["version"])
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said)
    if not found:
        raise PulumiError(f"`pulumi version` says {said[:80]!r}")
    return tuple(int(part) for part in found.groups())


def written(version: Version) -> str:
    """Such as 3.182.0."""
    return ".".join(map(str, version))
