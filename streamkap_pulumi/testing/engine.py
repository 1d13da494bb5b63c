"""Finds the program `pulumi` for throw-away stacks, and keeps it within one folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from streamkap_pulumi.pulumi_cli import program

PASSPHRASE = "a passphrase for tests"  # noqa: S105 - it protects nothing
"""Encrypts the secrets of throw-away stacks."""

# The caller's account, stack, credentials and passphrase must not reach a throw-away stack. With
# PYTHONDONTWRITEBYTECODE each command would compile every module again.
_FOREIGN = ("STREAMKAP_", "PULUMI_", "PYTHONDONTWRITEBYTECODE")
_HARMLESS = ("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",)

# Never through a proxy: the emulator, and gRPC between Pulumi, the program and the provider.
_LOCAL = "127.0.0.1,localhost"


class EngineNotFoundError(RuntimeError):
    """There is no program `pulumi`. The text says how to install it."""


def search_path(folders: Sequence[Path] = ()) -> str:
    """The PATH of commands: this Python first, then `folders`, then the caller's PATH."""
    return os.pathsep.join([str(Path(sys.executable).parent), *map(str, folders), os.environ.get("PATH", "")])


def find_engine(folders: Sequence[Path] = ()) -> Path:
    """The program `pulumi` on PATH, with `folders` first; raises `EngineNotFoundError`."""
    found = program.find(path=search_path(folders))
    if found is None:
        raise EngineNotFoundError(
            "There is no `pulumi` on PATH, and streamkap_stack needs it: install it "
            f"({program.INSTALL}), or test with streamkap_mocks, which does not need it"
        )
    return found


def isolated_environment(backend: Path, folders: Sequence[Path] = ()) -> dict[str, str]:
    """The caller's environment without their Pulumi and Streamkap settings, and with a file backend in `backend`.

    It has no login and no other stacks. Plugins that the caller has installed are found.
    """
    home = backend / "home"
    _link_plugins(home)
    kept = {key: value for key, value in os.environ.items() if key in _HARMLESS or not key.upper().startswith(_FOREIGN)}
    direct = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), _LOCAL]))
    return kept | {
        "PATH": search_path(folders),
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_HOME": str(home),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


def _link_plugins(home: Path) -> None:
    """Link the caller's plugins, so that a program with other providers does not download these for each test."""
    plugins = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    home.mkdir(parents=True, exist_ok=True)
    if plugins.is_dir() and not (home / "plugins").exists():
        (home / "plugins").symlink_to(plugins, target_is_directory=True)
