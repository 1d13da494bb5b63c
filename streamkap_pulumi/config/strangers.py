"""What is told of a key that the connector does not have: another spelling, a near name, or whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.config import debezium
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.spelling import Spelling, field_key, is_computed_twin, near_key, real_key
from streamkap_pulumi.config.wording import joined

_MOST_OWNERS = 3
"""Other connectors that a fault names."""


def about_stranger(connector: Connector, config: Mapping[str, Any], spelling: Spelling, key: str) -> str:
    """One sentence about `key`."""
    code = connector.code
    real = real_key(connector, key)
    if real != key:
        computed = is_computed_twin(connector, key)
        told = f"it is {'what the server computes from' if computed else 'another spelling of'}"
        told += f" {spelling.of(connector, real)!r}"
        declared_too = ", which is declared too; leave this out" if computed else ", which is declared too; keep one"
        return told + (declared_too if real in config else "; write that")
    foreign = debezium.about_name(connector, config, spelling, key)
    if foreign:
        return foreign
    near = near_key(connector, key)
    owners = _owners(connector, key, by_field=near is None)
    lacks = f"{code} has no such property" + (f", {_owned(owners)}" if owners else "")
    if near is not None:
        return f"{lacks}; did you mean {spelling.regular(connector, near)!r}?"
    if owners:
        return f"{lacks}; leave it out"
    foreign = debezium.about_family(connector, key)
    if foreign:
        return foreign
    return f"{lacks}; if it is newer than this version of streamkap_pulumi, put it into extra_config"


def _owners(connector: Connector, key: str, *, by_field: bool) -> list[str]:
    """The connectors of the same kind that have the property; `by_field` also where `key` is a typed class's field."""
    return [
        each.code
        for each in connector.catalogue or ()
        if each.described(real_key(each, key)) or (by_field and field_key(each, key))
    ]


def _owned(owners: list[str]) -> str:
    if len(owners) > _MOST_OWNERS:
        return f"{', '.join(owners[:_MOST_OWNERS])} and others have"
    return f"{joined(owners)} {'has' if len(owners) == 1 else 'have'}"
