"""Why a command ends without doing its work. The message is one line that names the next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamkap_pulumi.lifecycle.errors import next_step

if TYPE_CHECKING:
    from streamkap_pulumi import api
    from streamkap_pulumi.api.redaction import Redaction


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
