"""Scripts of bash, as users and their CI run them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


def bash(
    script: str, folder: Path, environment: Mapping[str, str], *, timeout: float = 240, merged: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub's `shell: bash` does: without a profile, until a command fails.

    Args:
        script: any number of lines.
        folder: where it runs.
        environment: all the variables that it sees.
        timeout: seconds after which it has hung.
        merged: what goes to standard error stands in standard output, where it was said.
    """
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        text=True,
        timeout=timeout,
        check=False,
    )
