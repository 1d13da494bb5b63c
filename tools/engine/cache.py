"""Where a built or downloaded engine is kept, outside of every clone, so that it is built once per machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.engine.pins import PROGRAMS
from tools.engine.terminal import say

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "manifest.json"


def root() -> Path:
    """The folder of the cache; STREAMKAP_PULUMI_ENGINE_CACHE names another one."""
    named = os.environ.get("STREAMKAP_PULUMI_ENGINE_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "streamkap-pulumi" / "engine"


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            summed.update(block)
    return summed.hexdigest()


def intact(folder: Path) -> dict[str, Any] | None:
    """What is recorded of a cached engine; None where it is missing, incomplete or not what was put there."""
    try:
        recorded: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for name in PROGRAMS:
            program = folder / "bin" / name
            if not os.access(program, os.X_OK) or digest(program) != recorded["sha256"][name]:
                return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return recorded


def publish(staged: Path, folder: Path, facts: dict[str, Any]) -> None:
    """Put a finished engine in its place, whole or not at all. The caller holds the lock."""
    for name in PROGRAMS:
        (staged / "bin" / name).chmod(0o755)
    sums = {name: digest(staged / "bin" / name) for name in PROGRAMS}
    text = json.dumps({**facts, "sha256": sums}, indent=2) + "\n"
    (staged / MANIFEST).write_text(text, encoding="utf-8")
    if folder.exists():
        broken = folder.with_name(f"{folder.name}.broken")
        shutil.rmtree(broken, ignore_errors=True)
        folder.rename(broken)
        shutil.rmtree(broken, ignore_errors=True)
    staged.rename(folder)


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """An empty folder beside the place where its content will go, gone afterwards unless it was published.

    The caller holds the lock, so what an earlier, killed run left there is nobody's.
    """
    staged = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "bin").mkdir(parents=True)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One at a time, over all clones. The system drops the lock when its holder dies."""
    folder = root()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            say(f"engine: process {file.read().strip() or 'unknown'} is making it already: waiting for that")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
