"""The locks on the demo's stack, and what a Pulumi that was killed has left of them."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path

from scripts.demo.place import DEMO, DemoError
from scripts.demo.processes import birth_of, name_of
from scripts.demo.running import Interrupted, pulumi


@dataclass(frozen=True)
class Lock:
    """A lock on the stack, as Pulumi keeps it; without a process where the file is not whole."""

    pid: int | None
    hostname: str

    def here(self) -> bool:
        """Whether it was taken on this machine."""
        return self.hostname == socket.gethostname()

    def held(self) -> bool:
        """Whether the Pulumi that took it still runs on this machine."""
        return self.pid is not None and self.here() and birth_of(self.pid) is not None and name_of(self.pid) == "pulumi"


def read_lock(file: Path) -> Lock:
    """The lock in this file."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Lock(int(told["pid"]), str(told["hostname"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Lock(None, "")


def locks() -> list[Lock]:
    """The locks on the stack."""
    return [read_lock(file) for file in (DEMO / "state" / ".pulumi" / "locks").rglob("*.json")]


def lift_stale_locks(interrupted: Interrupted) -> None:
    """Lift what a Pulumi that was killed has left; no other is at work through this script, see alone().

    Raises:
        DemoError: one is not stale, or that is not known.
    """
    found = locks()
    for lock in found:
        if lock.held():
            raise DemoError(f"Pulumi is still at work on the demo's stack: process {lock.pid}. Wait for it, or end it.")
        if lock.pid is not None and not lock.here():
            raise DemoError(
                f"The demo's stack is locked by process {lock.pid} on {lock.hostname}, which cannot be seen from here."
                f"\nIf it is no longer at work: `pulumi cancel --yes` after `. .demo/env.sh`."
            )
    if found:
        print("An earlier Pulumi was killed at its work. The lock that it left is lifted.", flush=True)
        pulumi(interrupted, "cancel", "--yes", quiet=True)
