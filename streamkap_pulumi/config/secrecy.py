"""Which properties must never be shown: those that the catalogue marks as secret, and those named like a secret."""

from __future__ import annotations

from typing import Any

from streamkap_pulumi import passwords
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.spelling import input_of


def is_secret(connector: Connector | None, key: str) -> bool:
    """Whether the property must never be shown. If the catalogue does not know it, its name decides.

    What the server computes from a secret is a secret too.
    """
    found = None
    if connector:
        found = input_of(connector, key)
        later = connector.later.get(key)
        if found is None and later and later.secret:
            return True
    return found.secret if found else passwords.is_telling(key)


def holds_secret(connector: Connector | None, key: str, value: Any) -> bool:
    """Whether the property is a secret, or its value contains a name like a secret's or a password in a URL."""
    return value is not None and (is_secret(connector, key) or passwords.are_in(value))
