"""Finds the `pulumi` program and asks it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 60


class PulumiError(Exception):
    """It could not be run, or failed. The text is its own first line."""


def find_program(name: str = "pulumi") -> Path | None:
    """`pulumi`, or a program that belongs to it: beside it, else on PATH."""
    pulumi = shutil.which("pulumi")
    if pulumi is None or name == "pulumi":
        return Path(pulumi) if pulumi else None
    beside = (Path(pulumi).parent / name, Path(pulumi).resolve().parent / name)
    found = next((each for each in beside if os.access(each, os.X_OK)), None) or shutil.which(name)
    return Path(found) if found else None


def version_of(pulumi: Path) -> tuple[int, ...]:
    """The three numbers of its version.

    Raises:
        PulumiError: it does not run, or says no version.
    """
    said = ask(pulumi, ["version"])
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said)
    if not found:
        raise PulumiError(f"`pulumi version` says {said[:80]!r}")
    return tuple(int(part) for part in found.groups())


def ask(pulumi: Path, arguments: Sequence[str], folder: Path | None = None) -> str:
    """What a command prints on standard output, which may be a secret.

    Raises:
        PulumiError: it does not run, fails, or takes longer than a minute.
    """
    try:
        run = subprocess.run(  # noqa: S603 - the user's own pulumi
            [pulumi, *arguments, "--non-interactive", "--color", "never"],
            cwd=folder,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"it takes longer than {_SECONDS} s"
        raise PulumiError(f"`pulumi {arguments[0]}`: {why}") from None
    if run.returncode:
        lines = [line for line in (run.stderr or run.stdout).splitlines() if line.strip()]
        raise PulumiError(lines[0].removeprefix("error: ") if lines else f"`pulumi {arguments[0]}` failed")
    return run.stdout.strip()
