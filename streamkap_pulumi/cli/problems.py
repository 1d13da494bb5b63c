"""Why a command ends without doing what it was asked for. The text is one line that names the next step."""

from __future__ import annotations


class FailedError(Exception):
    """It could not be done: settings, network, API, a file. Exit code 1."""


class UsageError(Exception):
    """It was asked for in a way that cannot be done. Exit code 2."""
