"""Which properties must never be shown: those that the catalogue calls secret, and what is named like one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.spelling import input_of

_CREDENTIAL = re.compile(
    r"password|passwd|passphrase|(^|[._-])pwd($|[._-])|secret|token|bearer|credential|connection[._-]?string"
    r"|grant[._-]?id|auth[._-]?pass|keyfile|(private|api|access|account|ssh)[._-]?key",
    re.IGNORECASE,
)

_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@]+@|[?&;](password|pwd)=[^&;\s]", re.IGNORECASE)
"""As in ``postgres://user:password@host`` and ``jdbc:sqlserver://host;password=…``."""


def is_secret(connector: Connector | None, key: str) -> bool:
    """The property must never be shown: by the catalogue, or by its name where the catalogue does not know it.

    What the server computes from a secret is a secret too.
    """
    found = None
    if connector:
        found = input_of(connector, key)
        later = connector.later.get(key)
        if found is None and later and later.secret:
            return True
    return found.secret if found else bool(_CREDENTIAL.search(key))


def holds_secret(connector: Connector | None, key: str, value: Any) -> bool:
    """The property is a secret, or its value holds something named like one, or a URL with a password."""
    return value is not None and (is_secret(connector, key) or _holds_credential(value))


def _holds_credential(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(bool(_CREDENTIAL.search(str(key))) or _holds_credential(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(_holds_credential(item) for item in value)
    return isinstance(value, str) and bool(_PASSWORD_IN_URL.search(value))
