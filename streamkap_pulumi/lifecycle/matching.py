"""Whether a live source holds what was declared, as far as the API shows it; and what it does not show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.conditions import has_effect
from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.values import blank, is_mask, same

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector
    from streamkap_pulumi.config.catalogue import Connector
    from streamkap_pulumi.lifecycle.declared import Declared


def hidden(connector_code: str, key: str, value: Any) -> bool:
    """The API does not show the property: null, or a mask of a secret."""
    return value is None or is_mask(value, secret=is_secret(find_connector(connector_code), key))


def has_effect_of(connector_code: str, key: str, config: Mapping[str, Any]) -> bool:
    """The property has an effect in `config`, as far as the catalogue knows; else the API may not show it."""
    connector = find_connector(connector_code)
    described = connector.described(key) if connector else None
    return connector is None or described is None or has_effect(connector, described, config)


def differing_keys(declared: Declared, live: SourceConnector) -> Iterator[str]:
    """The declared properties that the live source shows with another meaning.

    What is not shown does not differ: that is right for drift, and not enough to tell whose a source is.
    """
    connector = find_connector(declared.connector)
    config = live.config or {}
    for key, value in declared.config.items():
        shown = config.get(key)
        known = connector.properties.get(key) if connector else None
        if not hidden(declared.connector, key, shown) and not same(known, value, shown, key=key):
            yield key


def drifted_keys(declared: Declared, live: SourceConnector) -> Iterator[str]:
    """The declared properties that somebody has changed since.

    Of a secret that the API keeps by itself another value is no sign of that: it may have renewed the token.
    """
    connector = find_connector(declared.connector)
    for key in differing_keys(declared, live):
        if not keeps_secret(connector, key):
            yield key


def keeps_secret(connector: Connector | None, key: str) -> bool:
    """The API keeps the secret `key` where an update leaves it out; of all other connectors it is lost."""
    known = connector.properties.get(key) if connector and connector.family == "api" else None
    return known is not None and known.secret


def untold_keys(declared: Declared, live: SourceConnector) -> Iterator[str]:
    """The declared properties of which the live source does not show what they are, though the API could show them.

    It never shows what is write-only, shows its own value where it assigns one, and null for what has no effect.
    """
    connector = find_connector(declared.connector)
    config = live.config or {}
    for key, value in declared.config.items():
        known = connector.properties.get(key) if connector else None
        if blank(known, value) or not hidden(declared.connector, key, config.get(key)):
            continue
        never = known is not None and (known.write_only or known.server_assigned)
        if not never and has_effect_of(declared.connector, key, declared.config):
            yield key
