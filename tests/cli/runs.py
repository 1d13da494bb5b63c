"""Runs the command as users do: in a process of its own, in a pipe or on a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping

COMMAND = (sys.executable, "-m", "streamkap_pulumi.cli")
HIDDEN = ("STREAMKAP_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "COLORTERM")


def environment(**changes: str) -> dict[str, str]:
    """The environment without anything that affects the command."""
    return {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)} | changes


def piped(*arguments: str, stdin: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
    """What the command says in a pipe."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def on_terminal(*arguments: str, width: int = 100, code: int = 0, **changes: str) -> str:
    """What the command shows on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    settings: Mapping[str, str] = environment(**{"TERM": "xterm-256color", **changes})
    process = subprocess.Popen([*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=settings)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # How a terminal signals its end.
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert process.wait(60) == code
    return shown.decode().replace("\r\n", "\n")
