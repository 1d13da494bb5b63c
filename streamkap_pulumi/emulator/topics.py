"""Which topics a source writes, by its config.

The API names a topic ``source_<id>.<schema>.<table>``, and shows it without the first part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Connector

_LISTS = (
    "table.include.list.user.defined",
    "collection.include.list.user.defined",
    "endpoint.include.list.user.defined",
    "topic.include.list.user.defined",
    "redis.stream.name",
    "topic.user.defined",
    "resources",
    "topic.postfix",
    "camel.source.payload.router.unknown.type.default.topic",
)
_SCHEMAS = ("schema.include.list", "schema.include.list.user.defined")


def split_list(value: Any) -> list[str]:
    """The items of a list, be it an array or comma-joined."""
    items = value if isinstance(value, list) else str(value).split(",") if value is not None else []
    return [str(item).strip() for item in items if str(item).strip()]


_PATTERN = re.compile(r"(?:\\.|\{[^}]*\}|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\\.|\([^()]*\)|[^()\\])*\)|[^,])+", re.DOTALL)


def split_patterns(text: str) -> list[str]:
    r"""The items of a comma-joined list of regular expressions, where ``a{1,2}`` and ``a\,b`` are one item each.

    Not by the provider's own rule, a fault of which would not show then.
    """
    return [found.group().strip() for found in _PATTERN.finditer(text)]


def topic_names(connector: Connector | None, config: Mapping[str, Any]) -> list[str]:
    """The topics' names as people see them."""
    if connector is None:
        return []
    for key in _LISTS:
        known = connector.properties.get(key)
        if known is None or known.server_assigned:
            continue
        value = config.get(key)
        given = known.default if value in (None, "") else value
        names = split_list(split_patterns(given) if isinstance(given, str) else given)
        if names:
            return [_qualified(connector, config, name) for name in names]
    return []


def _qualified(connector: Connector, config: Mapping[str, Any], name: str) -> str:
    if "." in name:
        return name
    if connector.code == "dynamodb":
        return f"default.{name}"
    for key in _SCHEMAS:
        schemas = split_list(config.get(key))
        if len(schemas) == 1:
            return f"{schemas[0]}.{name}"
    return name
