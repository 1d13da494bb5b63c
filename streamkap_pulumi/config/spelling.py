"""How users spell properties: from what they wrote to the connector's real key, and back.

The suffix ``.user.defined`` marks the input of a property that the server also computes. It cannot be guessed:
Streamkap's own reference page for `POST /sources` has it wrong in four of its seven keys. So a key with a suffix too
many or too few is accepted as an alias if exactly one real key matches.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.config.hints import near

_SUFFIX = ".user.defined"

_SUFFIXES = re.compile(r"(\.user\.(defined|displayed))+$")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the user writes properties: as fields of the typed class or as dotted keys, some of them otherwise."""

    typed: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    """By real key: what the user wrote, if that is another name."""

    def of(self, connector: Connector | None, key: str) -> str:
        """The property's name as the user wrote it, or would write it."""
        return self.keys.get(key) or self.regular(connector, key)

    def regular(self, connector: Connector | None, key: str) -> str:
        """The name that the property has in this form of a config, whatever the user wrote."""
        known = connector.described(key) if self.typed and connector else None
        return known.field if known else key

    def path(self, connector: Connector | None, key: str) -> str:
        """The property's path, such as ``config.ssh_enabled``."""
        return f"config.{self.of(connector, key)}"


@dataclass(frozen=True, slots=True)
class ConfigByKey:
    """A config by the connector's own keys, and how the user wrote each."""

    values: Mapping[Any, Any]
    """By real key. What is None is left out. A key that is not a string stays as it is."""
    spelling: Spelling
    clashes: Mapping[Any, str]
    """Second names of properties that the config sets already, with the real keys. Their values are dropped."""

    @classmethod
    def of(
        cls,
        connector: Connector | None,
        config: Mapping[Any, Any],
        *,
        typed: bool = False,
        unchecked: Collection[str] = (),
    ) -> ConfigByKey:
        """Find the real key of each name in `config`.

        Of two names for one property the regular one wins, else the first.

        Args:
            connector: what the catalogue knows of the connector; None where it knows nothing.
            config: values by name.
            typed: the names are fields of the typed class.
            unchecked: names that are keys as they stand, since the user vouches for them.
        """
        regular = Spelling(typed=typed).regular
        keys = {
            name: name if name in unchecked or not isinstance(name, str) else _key_of(connector, name, typed=typed)
            for name, value in config.items()
            if value is not None
        }
        names: dict[Any, Any] = {}
        for name, key in keys.items():
            if key not in names or name == regular(connector, key):
                names[key] = name
        others = {key: name for key, name in names.items() if name not in {key, regular(connector, key)}}
        return cls(
            values={key: config[name] for key, name in names.items()},
            spelling=Spelling(typed=typed, keys=others),
            clashes={name: key for name, key in keys.items() if names[key] != name},
        )


def _key_of(connector: Connector | None, name: str, *, typed: bool) -> str:
    field = field_key(connector, name) if typed and connector else None
    return field or real_key(connector, name)


def real_key(connector: Connector | None, key: str) -> str:
    """The connector's own key for `key`; `key` itself if it is one already or nothing matches."""
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
    """Whether `key` is what the server computes from the input ``<key>.user.defined``."""
    return key not in connector.properties and key + _SUFFIX in connector.properties


def input_of(connector: Connector, key: str) -> Property | None:
    """The property `key`, or the input that the server computes it from; None if there is neither."""
    return connector.properties.get(key) or connector.properties.get(key + _SUFFIX)


def field_key(connector: Connector, name: str) -> str | None:
    """The key of the typed class's field `name`, which may be a deprecated one; None if there is no such field.

    If one property's deprecated name is another's current name, the current one wins.
    """
    current = next((known.key for known in connector.everything if known.field == name), None)
    if current is not None:
        return current
    return next((known.key for known in connector.properties.values() if name in known.deprecated_fields), None)


def near_key(connector: Connector, name: str) -> str | None:
    """The key of `connector` nearest to `name`, which may be a key with or without the suffix, or a field."""
    names: dict[str, str] = {}
    for known in connector.properties.values():
        names |= {_flat(name_then): known.key for name_then in known.deprecated_fields}
    for each in reversed(connector.everything):
        names |= {_flat(each.field): each.key, _flat(each.key): each.key}
    close = near(_flat(name), names, cutoff=0.85)
    return names[close[0]] if close else None


def _flat(name: str) -> str:
    """A name in the form that fields and keys have in common."""
    return _SUFFIXES.sub("", name.strip().lower()).replace(".", "_").replace("-", "_")
