"""Asks Streamkap for the connectors, with the credentials in the environment."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

# What the client consists of is loaded when it is first named below: most commands need no network.
from streamkap_pulumi import api, lifecycle
from streamkap_pulumi.cli.output import note
from streamkap_pulumi.cli.problems import OF_THE_SHELL, FailedError, told

_VARIABLES = {
    "streamkap:host": "STREAMKAP_HOST",
    "streamkap:clientId": "STREAMKAP_CLIENT_ID",
    "streamkap:secret": "STREAMKAP_SECRET",
}
_SAYING_HOW_LONG = ("STREAMKAP_MAX_RETRIES", "STREAMKAP_RETRY_TIMEOUT")


def connectors_answer(code: str | None = None) -> dict[str, Any]:
    """`GET /sources/connectors`, of one connector or of all.

    Raises:
        FailedError: the settings are not complete, or the API cannot be asked, or refuses.
    """
    redaction = lifecycle.Redaction()
    try:
        settings = _impatient(api.Settings.find())
        settings.credentials()
        redaction.learn([settings.secret])
        if sys.stderr.isatty():
            note(f"Asking {settings.host} for {f'the connector {code!r}' if code else 'its connectors'} …")
        with api.Streamkap.from_settings(settings, report=note) as streamkap:
            return streamkap.sources.connectors(code)
    except api.SettingsError as error:
        raise FailedError(_settings(error)) from None
    except api.StreamkapError as error:
        raise FailedError(told(error, redaction.text, OF_THE_SHELL)) from None


def _impatient(settings: api.Settings) -> api.Settings:
    """The same within seconds, unless a variable says how long to try: whoever asks sits before it."""
    if any(os.environ.get(variable) for variable in _SAYING_HOW_LONG):
        return settings
    return replace(settings, retries=api.Retries(count=2, seconds=10))


def _settings(error: api.SettingsError) -> str:
    """The error in the words of a shell: here there is no stack whose configuration could be set."""
    if error.setting == "streamkap:host":
        return f"STREAMKAP_HOST is no URL of an API. Write it like {api.DEFAULT_HOST}."
    if error.setting not in _VARIABLES:
        return str(error)
    missing = [variable for setting, variable in _VARIABLES.items() if setting in str(error)]
    return (
        f"Streamkap credentials are missing: set {' and '.join(missing)}"
        " in the environment to those of an API token that Streamkap's web page makes."
    )
