"""How commands end: exit codes, which docs/cli.md lists as well, and errors, each one line with the next step."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from streamkap_pulumi.lifecycle.errors import next_step

if TYPE_CHECKING:
    from streamkap_pulumi import api
    from streamkap_pulumi.api.redaction import Redaction


class Exit(IntEnum):
    """An exit code. Its meaning is in `MEANINGS`, the commands that end with it are in `COMMANDS`."""

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
    Exit.DIFFERENT: "differences found",
    Exit.HELD_BACK: "an object would be deleted or replaced, and that is not allowed by name",
    Exit.NO_PREVIEW: "the preview failed, or the input is not a preview",
    Exit.DRIFTED: "with --drift: a declared property differs in Streamkap",
    Exit.UNWELL: "a check fails",
    Exit.NOT_CONFIRMED: "not confirmed, nothing was done",
    Exit.LEFT_ALONE: "an interrupted create was left alone",
    Exit.HUNG_UP: "the terminal was closed (SIGHUP)",
    Exit.INTERRUPTED: "interrupted by Ctrl-C (SIGINT)",
    Exit.TERMINATED: "asked to end (SIGTERM)",
}

COMMANDS = {
    Exit.DIFFERENT: ("compare",),
    Exit.HELD_BACK: ("gate",),
    Exit.NO_PREVIEW: ("gate",),
    Exit.DRIFTED: ("gate",),
    Exit.UNWELL: ("doctor",),
    Exit.NOT_CONFIRMED: ("recover", "adopt"),
    Exit.LEFT_ALONE: ("recover",),
}
"""Which commands end with a code; one that is not here is of every command."""

_BY_SIGNAL = {Exit.HUNG_UP, Exit.INTERRUPTED, Exit.TERMINATED}


def meaning(code: Exit) -> str:
    """What a code means, and of which commands."""
    return f"{MEANINGS[code]} ({', '.join(COMMANDS[code])})" if code in COMMANDS else MEANINGS[code]


def in_help(command: str | None = None) -> str:
    """The end of a command's help: the codes it ends with; without a command, all. Signal codes are omitted."""
    lines = ["Exit codes:"]
    for code, text in MEANINGS.items():
        ours = command is None or command in COMMANDS.get(code, (command,))
        if ours and code not in _BY_SIGNAL:
            lines.append(f"  {code.value}  {text if command else meaning(code)}")
    return "\n".join(lines)


class FailedError(Exception):
    """It could not be done: settings, network, API, a file. Exit code 1.

    The `choices` are what the user can pick from, each shown in a line of its own.
    """

    def __init__(self, text: str, choices: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.choices = choices


class UsageError(Exception):
    """It was asked for in a way that cannot be done. Exit code 2."""


def readable(error: api.StreamkapError, host: str, redaction: Redaction | None = None) -> str:
    """What the API or its client reports, and what to do. `redaction` knows secrets that the client does not.

    The commands only read from Streamkap: whatever happened, nothing was changed there, and it can be done again.
    """
    text = error.told(redaction.text if redaction else str).rstrip(".")
    step = next_step(error, host, reads_only=True)
    return f"{text}. {step}" if step else f"{text}."
