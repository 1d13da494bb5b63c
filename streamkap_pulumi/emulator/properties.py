"""What a connector's properties mean to a server: hidden or shown, computed twins, defaults, lists, and topics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Condition, Connector, LaterProperty, Property

_SUFFIX = ".user.defined"
_NOT_OF_THE_API = {"streamkap.snapshot.custom.table.config.user.defined"}
"""Official clients send it; the API's developers say that it has no such property, and drops it in silence."""
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
OPTIONAL_COLUMNS = "transforms.MarkColumnsAsOptional.fields.include.list"
_SCHEMALESS = {"dynamodb", "mongodb", "mongodbhosted", "documentdb", "kafkadirect"}
_NEVER_BACKFILLED = {"s3", "gcs", "azblob", "redis", "kafka"}
_FORMATS = {"json array": "json", "json lines": "json"}
_COMPRESSIONS = {"gzip": "gz", "snappy": "snappy", "zstd": "zst"}
_PATTERN = re.compile(r"(?:\\.|\{[^}]*\}|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\\.|\([^()]*\)|[^()\\])*\)|[^,])+", re.DOTALL)


def has_property(connector: Connector, key: str) -> bool:
    """Whether the connector has this key, even if it came later and only its name is known."""
    return key not in _NOT_OF_THE_API and (key in connector.properties or key in connector.later)


def unset(value: Any) -> bool:
    """Whether the server treats the value as missing: null, or the empty string, which it ignores."""
    return value is None or value == ""


def default_of(known: Property) -> Any:
    """The value that the server declares for when nothing was sent; None when it declares none."""
    return known.placeholder if known.server_assigned else known.default


def shown(connector: Connector, known: Property | LaterProperty, config: Mapping[str, Any]) -> bool:
    """Whether all of the property's conditions hold."""
    return holds(connector, known.conditions, config)


def holds(connector: Connector, conditions: Iterable[Condition], config: Mapping[str, Any]) -> bool:
    """Whether all of the conditions hold for the config."""
    return all(_holds(connector, condition, config) for condition in conditions)


def _holds(connector: Connector, condition: Condition, config: Mapping[str, Any]) -> bool:
    value = config.get(condition.config)
    if unset(value) and (other := connector.properties.get(condition.config)) is not None:
        value = other.default
    if condition.operator == "IN":
        return _same_word(value) in [_same_word(item) for item in condition.value]
    same = _same_word(value) == _same_word(condition.value)
    return not same if condition.operator == "NE" else same


def _same_word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or str(value).lower() in {"true", "false"} else str(value)


def meant_key(connector: Connector, key: str) -> str:
    """The connector's key for `key`, which may have one ``.user.defined`` too many or too few; else `key` itself.

    The rule is not the provider's own: a fault of that would not show.
    """
    if key in connector.properties:
        return key
    near = {key + _SUFFIX, key.removesuffix(_SUFFIX)} & set(connector.properties)
    return near.pop() if len(near) == 1 else key


def twins(connector: Connector) -> Iterator[tuple[str, Property]]:
    """The computed properties (``user_defined: false``), each with the property that users set.

    The API computes ``database.hostname`` from ``database.hostname.user.defined``; the catalogue holds only the
    latter.
    """
    if connector.family == "api":
        return
    for key, known in connector.properties.items():
        twin = key.removesuffix(_SUFFIX)
        if twin != key and twin not in connector.properties:
            yield twin, known


def is_list(known: Property) -> bool:
    """Whether the property holds a list, as an array or comma-joined."""
    return known.wire == "array<string>" or known.key.removesuffix(_SUFFIX).endswith((".list", ".names"))


def is_port(known: Property) -> bool:
    """Whether the property is a port: a number to people, a string to the API."""
    return known.type == "integer" and known.wire == "string"


def is_encrypted(known: Property) -> bool:
    """Whether the API itself marks the property for encryption; it forgets some credentials."""
    return known.secret and (known.control is None or "password" in known.control)


def split_list(value: Any) -> list[str]:
    """The items of a list, given as an array or comma-joined."""
    items = value if isinstance(value, list) else str(value).split(",") if value is not None else []
    return [str(item).strip() for item in items if str(item).strip()]


def split_patterns(text: str) -> list[str]:
    r"""The items of a comma-joined list of regular expressions, where ``a{1,2}`` and ``a\,b`` are one item each.

    The rule is not the provider's own: a fault of that would not show.
    """
    return [found.group().strip() for found in _PATTERN.finditer(text)]


def topic_names(connector: Connector | None, config: Mapping[str, Any]) -> list[str]:
    """The names of the topics that the source writes, without the ``source_<id>.`` that the API puts before them."""
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


def marks_columns_optional(connector: Connector, config: Mapping[str, Any], fed_by: Iterable[str]) -> bool:
    """Whether the server makes all columns of a destination optional, for the connectors of the sources that feed it.

    Of `fed_by`, ``kafkadirect`` stands for one whose records have schemas.
    """
    loose = connector.code not in _NEVER_BACKFILLED and OPTIONAL_COLUMNS in connector.properties
    return loose and unset(config.get(OPTIONAL_COLUMNS)) and not _SCHEMALESS.isdisjoint(fed_by)


def file_name_with_extension(connector: Connector, config: Mapping[str, Any], template: str) -> str:
    """The template of file names as the server stores it; only ``.json.gz`` is known, the rest is by analogy."""
    form = str(_value_of(connector, config, "format.user.defined") or "json").lower()
    packed = _value_of(connector, config, "file.compression.type") or _value_of(connector, config, "compression")
    extension = f".{_FORMATS.get(form, form)}"
    if packing := _COMPRESSIONS.get(str(packed).lower()):
        extension += f".{packing}"
    known = tuple(f".{name}" for name in ("json", "csv", "avro", "parquet", *_COMPRESSIONS.values()))
    return template if template.endswith(known) else template + extension


def _value_of(connector: Connector, config: Mapping[str, Any], key: str) -> Any:
    known = connector.properties.get(key)
    value = config.get(key)
    return known.default if known is not None and unset(value) else value
