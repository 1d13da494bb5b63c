"""From a key as the user spelled it to the key that the connector really has.

The suffix ``.user.defined`` marks the input of a property that the server also computes. It cannot be guessed, and
Streamkap's own reference page for `POST /sources` has it too often or too rarely in four of its seven keys. So a key
with one suffix too many, or with one missing, is accepted as an alias where exactly one real key matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Connector, LaterProperty, Property
from streamkap_pulumi.config.nearness import near

_SUFFIX = ".user.defined"

_SUFFIXES = re.compile(r"(\.user\.(defined|displayed))+$")

_LONGEST_NAME = 200
"""Of a longer one no near name is looked for: nobody means a property by it."""

_CREDENTIAL = re.compile(
    r"password|passwd|passphrase|(^|[._-])pwd($|[._-])|secret|token|bearer|credential|connection[._-]?string"
    r"|grant[._-]?id|auth[._-]?pass|keyfile|(private|api|access|account|ssh)[._-]?key",
    re.IGNORECASE,
)


_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def real_key(connector: Connector | None, key: str) -> str:
    """The connector's own key for `key`; `key` itself where it is one already, or where nothing matches."""
    if connector is None or key in connector.properties or key in connector.later:
        return key
    candidates = {key + _SUFFIX}
    bare = key
    while bare.endswith(_SUFFIX):
        bare = bare[: -len(_SUFFIX)]
        candidates |= {bare, bare + _SUFFIX}
    matches = [candidate for candidate in candidates if candidate in connector.properties]
    return matches[0] if len(matches) == 1 else key


def is_computed_twin(connector: Connector, key: str) -> bool:
    """`key` is what the server computes from the input ``<key>.user.defined``."""
    return key not in connector.properties and key + _SUFFIX in connector.properties


def is_secret(connector: Connector | None, key: str) -> bool:
    """The property must never be shown: by the catalogue, or by its name where the catalogue does not know it.

    What the server computes from a secret is a secret too.
    """
    found = None
    if connector:
        found = connector.properties.get(key) or connector.properties.get(key + _SUFFIX)
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


def field_key(connector: Connector, name: str) -> str | None:
    """The key of the typed class's field `name`, which may be a deprecated one; None where there is no such field.

    A property's deprecated name may be another property's current one: then the current one wins.
    """
    everything = _everything(connector)
    current = next((known.key for known in everything if known.field == name), None)
    if current is not None:
        return current
    return next((known.key for known in connector.properties.values() if name in known.deprecated_fields), None)


def near_key(connector: Connector, name: str) -> str | None:
    """The key of `connector` that `name` is near to, written as a key, with or without the suffix, or as a field."""
    if len(name) > _LONGEST_NAME:
        return None
    names: dict[str, str] = {}
    for known in connector.properties.values():
        names |= {_flat(name_then): known.key for name_then in known.deprecated_fields}
    for each in reversed(_everything(connector)):
        names |= {_flat(each.field): each.key, _flat(each.key): each.key}
    close = near(_flat(name), names, cutoff=0.85)
    return names[close[0]] if close else None


def _everything(connector: Connector) -> tuple[Property | LaterProperty, ...]:
    return (*connector.properties.values(), *connector.later.values())


def _flat(name: str) -> str:
    """What is left of a name when fields and keys are written alike."""
    return _SUFFIXES.sub("", name.strip().lower()).replace(".", "_").replace("-", "_")


def suggest(name: str, known: Iterable[str]) -> str:
    """How a sentence about an unknown `name` ends: ``; did you mean 'config'?``, or with a full stop."""
    if len(name) > _LONGEST_NAME:
        return "."
    close = near(name, known, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else "."
