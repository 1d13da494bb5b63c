"""The second way: Pulumi's official installer, kept away from ~/.pulumi and from shell profiles."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from tools.engine.installed import version_of
from tools.engine.pins import ENGINE_VERSION, PROGRAMS
from tools.engine.terminal import Task, UnavailableError, say

INSTALLER = "https://get.pulumi.com/install.sh"
ANSWER_SECONDS = 5
DOWNLOAD_SECONDS = 15 * 60


def installer() -> bytes:
    """The installer's text; STREAMKAP_PULUMI_INSTALLER names another address for it.

    Raises:
        UnavailableError: it cannot be fetched within a few seconds.
    """
    address = os.environ.get("STREAMKAP_PULUMI_INSTALLER") or INSTALLER
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as response:
            text: bytes = response.read()
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise UnavailableError(f"{address} cannot be reached: {why}") from None
    if not text.startswith(b"#!"):
        raise UnavailableError(f"{address} answers with something that is no installer")
    return text


def install(staged: Path, log: Path) -> dict[str, str]:
    """Run the installer into an empty folder, and report what came.

    Raises:
        UnavailableError: it cannot be fetched, fails, or brings something else.
    """
    script = staged / "install.sh"
    script.write_bytes(installer())
    home = staged / "home"
    home.mkdir()
    say(f"engine: Pulumi's official installer brings {ENGINE_VERSION}")
    Task("downloading", log, limit=DOWNLOAD_SECONDS).run(
        ["sh", script, "--no-edit-path", "--install-root", staged, "--version", ENGINE_VERSION],
        env={**os.environ, "HOME": str(home)},
        cwd=staged,
    )
    lacking = [name for name in PROGRAMS if not os.access(staged / "bin" / name, os.X_OK)]
    if lacking:
        raise UnavailableError(f"it did not bring {', '.join(lacking)}")
    version = version_of(staged / "bin" / "pulumi")
    if version != ENGINE_VERSION:
        raise UnavailableError(f"it brought {version}, not {ENGINE_VERSION}")
    script.unlink()
    shutil.rmtree(home)
    return {"way": "official", "version": version, "language_host": version}
