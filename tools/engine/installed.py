"""The first way: the Pulumi that is installed on this machine already."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tools.engine import cache
from tools.engine.pins import OLDEST_ENGINE, PROGRAMS
from tools.engine.terminal import CommandError, answer, say

QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "1"}


def version_of(pulumi: Path) -> str:
    """What ``pulumi version`` says, without the v.

    Raises:
        CommandError: it says no version.
    """
    said = answer([pulumi, "version"], env={**os.environ, **QUIET})
    found = re.fullmatch(r"v?(\d+\.\d+\.\d+\S*)", said)
    if not found:
        raise CommandError(f"it says {said!r} for a version")
    return found.group(1)


def numbers(version: str) -> tuple[int, ...]:
    """The three numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def folders_on_path(ours: Path) -> list[Path]:
    """The folders of PATH, but for the ones that this program fills."""
    folders: list[Path] = []
    kept = cache.root().resolve()
    for name in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path(name)
        if not name or not folder.is_dir() or folder in folders or folder.resolve() == ours.resolve():
            continue
        if (folder / "pulumi").resolve().is_relative_to(kept):
            continue  # Another clone's links into the cache.
        folders.append(folder)
    return folders


def programs_of(pulumi: Path, folders: list[Path]) -> dict[str, Path]:
    """All that belongs to this engine: beside it, else elsewhere on PATH."""
    found = {"pulumi": pulumi}
    for name in PROGRAMS[1:]:
        for folder in (pulumi.resolve().parent, pulumi.parent, *folders):
            if os.access(folder / name, os.X_OK):
                found[name] = folder / name
                break
    return found


def installed(ours: Path) -> tuple[str, dict[str, Path]] | None:
    """The version and the programs of the first usable Pulumi on PATH; ``ours`` is the folder to skip."""
    folders = folders_on_path(ours)
    oldest = ".".join(map(str, OLDEST_ENGINE))
    for folder in folders:
        pulumi = folder / "pulumi"
        if not os.access(pulumi, os.X_OK) or pulumi.is_dir():
            continue
        try:
            version = version_of(pulumi)
        except CommandError as error:
            say(f"engine: {pulumi} is not used: {error}")
            continue
        if numbers(version) < OLDEST_ENGINE:
            say(f"engine: {pulumi} is not used: it is {version}, and {oldest} or newer is needed")
            continue
        programs = programs_of(pulumi, folders)
        lacking = [name for name in PROGRAMS if name not in programs]
        if lacking:
            say(f"engine: {pulumi} is not used: {', '.join(lacking)} is not installed beside it")
            continue
        return version, programs
    return None
