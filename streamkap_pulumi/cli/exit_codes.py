"""What commands end with, in one place. docs/cli.md has the same, and a test holds the two together."""

from __future__ import annotations

import signal
from enum import IntEnum


class Exit(IntEnum):
    """An exit code. Its meaning, and the commands that end with it, are in `MEANINGS`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    DIFFERENT = 3
    HELD_BACK = 4
    NO_PREVIEW = 5
    DRIFTED = 6
    UNWELL = 7
    NOT_CONFIRMED = 8
    LEFT_ALONE = 9
    # 128 and the signal's number, as shells have it.
    HUNG_UP = 128 + signal.SIGHUP
    INTERRUPTED = 128 + signal.SIGINT
    TERMINATED = 128 + signal.SIGTERM


MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "could not be done (settings, network, API, a file)",
    Exit.USAGE: "wrong usage",
    Exit.DIFFERENT: "differences found (compare)",
    Exit.HELD_BACK: "a source would be deleted or replaced (gate)",
    Exit.NO_PREVIEW: "the preview failed or is none (gate)",
    Exit.DRIFTED: "a declared property differs in Streamkap (gate --drift)",
    Exit.UNWELL: "something fails (doctor)",
    Exit.NOT_CONFIRMED: "not confirmed, nothing was done (recover, adopt)",
    Exit.LEFT_ALONE: "a source that the stack was not making was left alone (recover)",
    Exit.HUNG_UP: "the terminal was closed (SIGHUP)",
    Exit.INTERRUPTED: "interrupted by Ctrl-C (SIGINT)",
    Exit.TERMINATED: "asked to end (SIGTERM)",
}

BY_SIGNAL = {Exit.HUNG_UP, Exit.INTERRUPTED, Exit.TERMINATED}

IN_HELP = "\n".join(
    ["Exit codes:", *(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items() if code not in BY_SIGNAL)]
)
"""For the end of each command's help, where those of signals would tell nothing new."""
