"""Why a command ends without doing what it was asked for. The text is one line that names the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# What the client consists of is loaded when it is first named below: most commands need no network.
from streamkap_pulumi import api


class FailedError(Exception):
    """It could not be done: settings, network, API, a file. Exit code 1.

    The `choices` are what the user can pick from, each shown in a line of its own.
    """

    def __init__(self, text: str, choices: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.choices = choices


class UsageError(Exception):
    """It was asked for in a way that cannot be done. Exit code 2."""


@dataclass(frozen=True)
class Settings:
    """Where a command finds its settings, in words."""

    host: str
    credentials: str


OF_THE_SHELL = Settings("STREAMKAP_HOST", "STREAMKAP_CLIENT_ID and STREAMKAP_SECRET")
OF_A_STACK = Settings(
    "streamkap:host (or STREAMKAP_HOST)",
    "streamkap:clientId and streamkap:secret (or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET)",
)


def told(error: api.StreamkapError, clear: Callable[[str], str], settings: Settings) -> str:
    """What the API or its client complains of, secrets taken out by `clear`, and what to do.

    The commands only look at Streamkap: whatever happened, nothing was changed there, and it can be done again.
    """
    text = error.told(clear).rstrip(".")
    step = error.remedy or _step(error, settings)
    return f"{text}. {step}" if step else f"{text}."


def _step(error: api.StreamkapError, settings: Settings) -> str:
    """Empty where the error's own text tells it."""
    if isinstance(error, api.ConnectionFailedError):
        return f"Check {settings.host} and the network."
    if isinstance(error, api.AuthenticationError):
        return f"Check {settings.credentials}, and that they belong to that host."
    if isinstance(error, api.PermissionDeniedError):
        return "Let the API token read sources: its role is set in Streamkap's web page."
    if isinstance(error, (api.RateLimitedError, api.NoAnswerError, api.ServerError)):
        return "Nothing was changed in Streamkap: run it again."
    if isinstance(error, api.UnreadableAnswerError):
        return f"Check that {settings.host} names the Streamkap API; if it does, report this to Streamkap."
    return ""
