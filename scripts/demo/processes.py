"""Other processes, as the system shows them."""

from __future__ import annotations

import subprocess
from pathlib import Path


def birth_of(pid: int) -> str | None:
    """What distinguishes a process from a later one with the same number; None where it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
        return None if state in {"Z", "X"} else f"{boot} {fields[18]}"
    said = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip() or None


def name_of(pid: int) -> str:
    """The name of the program that this process runs; nothing where that is not known."""
    if Path("/proc/self/comm").exists():
        try:
            return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""
    said = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip().rpartition("/")[2]
