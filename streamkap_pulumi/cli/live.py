"""Asks Streamkap for the connectors, with the credentials in the environment."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

# What the client consists of is loaded when it is first named below: most commands need no network.
from streamkap_pulumi import api
from streamkap_pulumi.cli.exit_codes import FailedError, readable
from streamkap_pulumi.cli.output import note
from streamkap_pulumi.config.catalogue import Catalogue

_VARIABLES = {
    "streamkap:host": "STREAMKAP_HOST",
    "streamkap:clientId": "STREAMKAP_CLIENT_ID",
    "streamkap:secret": "STREAMKAP_SECRET",
}
_SAYING_HOW_LONG = ("STREAMKAP_MAX_RETRIES", "STREAMKAP_RETRY_TIMEOUT")
_SAYING_HOW_SLOW = "STREAMKAP_READ_TIMEOUT"
_SECONDS = 10.0
"""How long it waits for an answer, and after how long it does not retry."""

_SETTING = re.compile(r"\bstreamkap:([a-z][A-Za-z]*)")
_EITHER = re.compile(r"\b([A-Z_]+(?: and [A-Z_]+)?) \(or \1\)|(?<=\()([A-Z_]+) or \2(?=\))")
_TO_SET_EITHER = re.compile(r"pulumi config set \S+ (\S+) +\(or set ([A-Z_]+)(?:=\S+)?\)")


def connectors_answer(catalogue: Catalogue, code: str | None = None) -> dict[str, Any]:
    """`GET /sources/connectors`, or that of the catalogue's kind of object, of one connector or of all.

    Raises:
        FailedError: the settings are not complete, or the API cannot be asked, or refuses.
    """
    redaction = api.Redaction()
    try:
        settings = _impatient(api.Settings.find())
        settings.credentials()
        redaction.learn([settings.secret])
        note(f"Asking {settings.host} for {f'the connector {code!r}' if code else 'its connectors'} …")
        with api.Streamkap.from_settings(settings, report=lambda text: note(in_a_shell(text))) as streamkap:
            routes: Any = getattr(streamkap, catalogue.plural)
            answer: dict[str, Any] = routes.connectors(code)
            return answer
    except api.SettingsError as error:
        raise FailedError(_settings(error)) from None
    except api.StreamkapError as error:
        raise FailedError(in_a_shell(readable(error, settings.host, redaction))) from None


def _impatient(settings: api.Settings) -> api.Settings:
    """The same within seconds, but for what a variable bounds, since someone is waiting."""
    if not os.environ.get(_SAYING_HOW_SLOW):
        settings = replace(settings, timeouts=replace(settings.timeouts, read=_SECONDS))
    if not any(os.environ.get(variable) for variable in _SAYING_HOW_LONG):
        settings = replace(settings, retries=api.Retries(count=2, seconds=_SECONDS))
    return settings


def in_a_shell(text: str) -> str:
    """`text` with each setting of a stack's configuration by the name of its variable."""
    named = _SETTING.sub(lambda found: f"STREAMKAP_{re.sub('(?=[A-Z])', '_', found[1]).upper()}", text)
    return _EITHER.sub(lambda found: found[1] or found[2], named)


def _settings(error: api.SettingsError) -> str:
    """The error in the words of a shell: here there is no stack whose configuration could be set."""
    if error.setting == "streamkap:host":
        return f"STREAMKAP_HOST is not the URL of an API. Write it like {api.DEFAULT_HOST}."
    if error.setting not in _VARIABLES:
        return in_a_shell(_TO_SET_EITHER.sub(r"set \2=\1", str(error)))
    missing = [variable for setting, variable in _VARIABLES.items() if setting in str(error)]
    return (
        f"Streamkap credentials are missing: set {' and '.join(missing)}"
        " in the environment to those of an API token created in Streamkap."
    )
