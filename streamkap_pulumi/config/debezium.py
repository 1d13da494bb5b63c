"""What the names in a Debezium or Kafka Connect configuration are called here, for users who paste one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.spelling import Spelling

INPUTS = ("name", "connector", "desired_state", "tags", "kc_cluster_id", "created_from", "wait", "timeouts")
"""Inputs that are written next to a config."""

_DECIDED = "Streamkap has no property for it and decides it itself; leave it out"
_TOPICS = "Streamkap names the topics itself, after the schema and the table; leave it out"
_HISTORY = "Streamkap keeps the schema history itself; leave it out"
_SNAPSHOTS = "Streamkap runs the snapshots itself; leave it out"
_CHAIN = "Streamkap sets the chain of transforms itself, and what you can set of it are properties; leave it out"


@dataclass(frozen=True, slots=True)
class _Name:
    """Debezium's names for one thing."""

    names: tuple[str, ...]
    here: tuple[str, ...] = ()
    """Our keys with the same meaning. A connector has at most one of them."""
    otherwise: str = ""
    """What to say if the connector has none of them."""
    instead: str = "here it is called {here}; write that"


_NAMES = (
    _Name(("connector.class",), otherwise="the input 'connector' of {resource} names the connector; leave it out"),
    _Name(("table.whitelist",), ("table.include.list.user.defined",)),
    _Name(
        ("table.blacklist", "table.exclude.list"),
        ("table.include.list.user.defined",),
        instead="here {here} lists what is captured, and no list says what is not; leave it out",
    ),
    _Name(
        ("database.whitelist", "database.include.list"),
        ("database.include.list.user.defined", "database.include.list", "database.names", "database.dbname"),
    ),
    _Name(
        ("database.blacklist", "database.exclude.list"),
        ("database.include.list.user.defined", "database.include.list", "database.names"),
        instead="here {here} lists what is captured, and no list says what is not; leave it out",
    ),
    _Name(("schema.whitelist",), ("schema.include.list", "schema.include.list.user.defined")),
    _Name(
        ("schema.blacklist", "schema.exclude.list"),
        ("schema.include.list", "schema.include.list.user.defined"),
        instead="here {here} lists what is captured, and no list says what is not; leave it out",
    ),
    _Name(("column.whitelist",), ("column.include.list.user.defined",)),
    _Name(("column.blacklist",), ("column.exclude.list.user.defined",)),
    _Name(("collection.whitelist",), ("collection.include.list.user.defined",)),
    _Name(
        ("collection.blacklist", "collection.exclude.list"),
        ("collection.include.list.user.defined",),
        instead="here {here} lists what is captured, and no list says what is not; leave it out",
    ),
    _Name(
        ("mongodb.hosts", "mongodb.user", "mongodb.password", "mongodb.authsource", "mongodb.ssl.enabled"),
        ("mongodb.connection.string.user.defined",),
        instead="here it is a part of {here}",
    ),
    _Name(("database.sslmode", "database.ssl.mode"), ("database.sslmode", "database.ssl.mode")),
    _Name(
        ("database.servertimezone", "connectionTimeZone", "database.serverTimezone"), ("database.connectionTimeZone",)
    ),
    _Name(("read.only",), ("snapshot.read.only.user.defined", "snapshot.gtid")),
    _Name(("signal.data.collection",), ("signal.data.collection.schema.or.database",)),
    _Name(
        ("heartbeat.interval.ms", "heartbeat.action.query", "heartbeat.topics.prefix", "topic.heartbeat.prefix"),
        ("heartbeat.enabled",),
        _DECIDED,
        "here {here} turns heartbeats on, and Streamkap decides the rest itself; leave it out",
    ),
    _Name(("database.server.name", "topic.prefix", "mongodb.name"), otherwise=_TOPICS),
    _Name(("snapshot.mode",), otherwise=_SNAPSHOTS),
    _Name(("transforms", "predicates"), otherwise=_CHAIN),
    _Name(
        (
            "bootstrap.servers",
            "connect.timeout.ms",
            "converters",
            "database.allowPublicKeyRetrieval",
            "database.history",
            "database.server.id",
            "decimal.handling.mode",
            "event.processing.failure.handling.mode",
            "field.name.adjustment.mode",
            "group.id",
            "header.converter",
            "hstore.handling.mode",
            "include.schema.changes",
            "include.unknown.datatypes",
            "interval.handling.mode",
            "key.converter",
            "max.batch.size",
            "max.queue.size",
            "message.key.columns",
            "plugin.name",
            "poll.interval.ms",
            "provide.transaction.metadata",
            "publication.autocreate.mode",
            "sanitize.field.names",
            "schema.name.adjustment.mode",
            "skipped.operations",
            "slot.drop.on.stop",
            "slot.max.retries",
            "status.update.interval.ms",
            "tasks.max",
            "time.precision.mode",
            "tombstones.on.delete",
            "topic.naming.strategy",
            "unavailable.value.placeholder",
            "value.converter",
        ),
        otherwise=_DECIDED,
    ),
)

_FAMILIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(database\.history|schema\.history\.internal)\."), _HISTORY),
    (re.compile(r"(snapshot|incremental\.snapshot)\."), _SNAPSHOTS),
    (re.compile(r"(transforms|predicates)\."), _CHAIN),
    (re.compile(r"(key|value|header)\.converter\."), _DECIDED),
    (
        re.compile(r"(signal|notification|errors|offset|topic\.creation|(producer|consumer|admin)\.override)\."),
        _DECIDED,
    ),
    (
        re.compile(
            r"database\.(ssl|initial\.statements|tcpKeepAlive|jdbc|query\.timeout|applicationIntent|instance|url)"
            r"|database\.(out\.server|connection\.adapter|keystore|truststore)"
            r"|column\.(mask|truncate|propagate)\.|datatype\.propagate\."
            r"|(slot|lsn|xmin|gtid|binlog|log\.mining|rac|cursor|capture|driver|internal|openlineage|guardrail)\."
        ),
        _DECIDED,
    ),
    (re.compile(r"[a-z.]+\.handling\.mode$"), _DECIDED),
    (
        re.compile(
            r"(bigint|money|exactly\.once|flush\.lsn|retriable\.restart|query\.fetch|min\.row\.count)\."
            r"|(streaming\.delay|connect\.(keep|backoff|max)|custom\.metric|extended\.headers|enable\.time)\."
            r"|table\.ignore\.builtin$"
        ),
        _DECIDED,
    ),
)
"""Names with a common prefix, which are too many to list."""


def about_name(connector: Connector, config: Mapping[str, Any], spelling: Spelling, key: str) -> str:
    """What to say about a name of Debezium, Kafka Connect or `Source`; empty for any other name."""
    if key in INPUTS:
        return f"it is an input of {_resource(connector)}, not a property; write it next to config"
    if key in {"topics", "topics.regex"} and _resource(connector) == "Destination":
        return "it is a Kafka Connect name; pipelines decide which topics a destination gets; leave it out"
    if key == "config":
        return (
            "it is a whole request to Kafka Connect; write what is inside it, and leave out what Streamkap decides "
            "itself"
        )
    for each in _NAMES:
        if key in each.names or key in _written_as_fields(each):
            return f"it is a Debezium name; {_meaning(each, connector, config, spelling)}"
    return ""


def _resource(connector: Connector) -> str:
    """The class of the objects that have the connector."""
    return connector.catalogue.noun.capitalize() if connector.catalogue else "the object"


def about_family(connector: Connector, key: str) -> str:
    """What to say about a key with a common Debezium prefix; empty for any other key."""
    if connector.family != "kafka-connect":
        return ""
    return next((f"it is a Debezium name; {said}" for pattern, said in _FAMILIES if pattern.match(key)), "")


def is_pasted(config: Mapping[Any, Any]) -> bool:
    """Whether the config is a whole request to Kafka Connect, ``{"name": …, "config": {…}}``."""
    return isinstance(config.get("config"), Mapping)


def _written_as_fields(each: _Name) -> Iterator[str]:
    return (name.replace(".", "_") for name in each.names)


def _meaning(each: _Name, connector: Connector, config: Mapping[str, Any], spelling: Spelling) -> str:
    found = next((key for key in each.here if key in connector.properties), None)
    if found is None or connector.family != "kafka-connect":
        is_ours = connector.family == "kafka-connect" and each.otherwise
        return (
            each.otherwise.format(resource=_resource(connector))
            if is_ours
            else f"{connector.code} has nothing like it; leave it out"
        )
    meaning = each.instead.format(here=repr(spelling.of(connector, found)))
    if found in config and meaning.endswith("; write that"):
        return meaning.removesuffix("; write that") + ", which is declared too; leave this out"
    return meaning
