"""What readers see of a stored object: its fields, and its config with all that the API adds, hides and changes.

Everything is worked out from what the user sent when it is read, so that a switch shows at once.

Rests on the API's documentation of the answer of ``POST /sources`` and of ``POST /sources/{id}/deploy``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Connector, LaterProperty, Property
from streamkap_pulumi.emulator import clock, statuses
from streamkap_pulumi.emulator.api_sources import rewritten
from streamkap_pulumi.emulator.calls import Call
from streamkap_pulumi.emulator.kinds import ConnectorKind, Kind
from streamkap_pulumi.emulator.properties import (
    OPTIONAL_COLUMNS,
    default_of,
    file_name_with_extension,
    is_encrypted,
    is_list,
    is_port,
    marks_columns_optional,
    shown,
    split_patterns,
    topic_names,
    twins,
)
from streamkap_pulumi.emulator.store import Record

_LEFT_OUT = object()
_KNOWN_TO_HIDE = {"iceberg.catalog.scope", "lob.enabled", "snowflake.private.key.passphrase"}
"""The properties that are known to come back null while their conditions do not hold."""


@dataclass(frozen=True, slots=True)
class View:
    """One record as one request sees it."""

    kind: Kind
    record: Record
    call: Call
    secrets: bool
    now: float

    @property
    def connector(self) -> Connector | None:
        """Its connector, where it has one that the catalogue knows."""
        return self.kind.catalogue.find(self.record.connector) if isinstance(self.kind, ConnectorKind) else None

    @property
    def status(self) -> str:
        """Its present status."""
        return statuses.status_of(self.record, self.now)

    @property
    def topics(self) -> list[str]:
        """Its topics; it has none before it is first Active."""
        if not statuses.deployed(self.record, self.now) or (isinstance(self.kind, ConnectorKind) and self.kind.fed):
            return []
        return topic_names(self.connector, self.record.config)

    @property
    def topic_ids(self) -> list[str]:
        """The topics' ids."""
        prefix = self.kind.topic_prefix if isinstance(self.kind, ConnectorKind) else ""
        return [f"{prefix}{self.record.id}.{topic}" for topic in self.topics]


def render(kind: Kind, record: Record, call: Call, *, secrets: bool) -> dict[str, Any]:
    """The object as the API returns it."""
    view = View(kind, record, call, secrets, clock.now())
    absent = [name.strip() for name in str(call.fault("absent_fields")).split(",")]
    values = {field.name: _field(field.name, view) for field in kind.fields if field.name not in absent}
    if call.on("extra_keys"):
        values["revision"] = 7
    return {name: value for name, value in values.items() if value is not _LEFT_OUT}


def brief(kind: Kind, record: Record, call: Call) -> dict[str, Any]:
    """The object in short; the shape is undocumented."""
    view = View(kind, record, call, secrets=False, now=clock.now())
    return {name: _field(name, view) for name in ("id", "name", "connector", "connector_status")}


def _field(name: str, view: View) -> Any:
    return FIELDS[name](view) if name in FIELDS else view.record.body[name]


def _tenant(value: Callable[[Record], str]) -> Callable[[View], Any]:
    return lambda view: None if view.call.on("drop_tenant_ids") else value(view.record)


def _desired_state(view: View) -> str:
    if view.call.on("transient_desired_state") and view.status in {statuses.UPDATING, statuses.DELETING}:
        return view.status
    return statuses.meant(view.record.desired_state)


def _tags(view: View) -> Any:
    style = view.call.fault("empty_tags")
    tags = _ordered(view, view.record.body["tags"])
    style = view.kind.empty_tags if style == "auto" else style
    if tags or style == "list":
        return tags
    return None if style == "null" else _LEFT_OUT


def _ordered(view: View, items: list[Any]) -> list[Any]:
    return items[::-1] if view.call.fault("reorder_lists") == "reverse" else items


def _tasks(view: View) -> list[int]:
    if view.status in {statuses.PENDING, statuses.STARTING}:
        return []
    try:
        count = int(str(view.record.config.get("tasks.max") or 1))
    except ValueError:
        count = 1
    return list(range(max(1, count)))


def _task_statuses(view: View) -> dict[str, Any]:
    if view.record.task_statuses is not None:
        return view.record.task_statuses
    states = {
        statuses.ACTIVE: "RUNNING",
        statuses.UPDATING: "RUNNING",
        statuses.DELETING: "RUNNING",
        statuses.PAUSED: "PAUSED",
        statuses.STOPPED: "STOPPED",
        statuses.BROKEN: "FAILED",
    }
    state: dict[str, Any] = {"state": states.get(view.status, "UNASSIGNED")}
    if state["state"] == "FAILED":
        state["trace"] = _trace(view)
    return {str(task): state for task in _tasks(view)}


def _trace(view: View) -> str:
    first = "org.apache.kafka.connect.errors.ConnectException: An exception occurred in the change event producer."
    lines = [
        f"{first} This connector will be stopped.",
        "\tat io.debezium.pipeline.ErrorHandler.setProducerThrowable(ErrorHandler.java:67)",
        "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    ]
    cause = "Caused by: java.net.ConnectException: Connection refused"
    quoted = view.call.fault("task_trace_secret")
    if quoted != "off" and view.connector is not None:
        secret = [
            f"{known.key}={view.record.config[known.key]}"
            for known in view.connector.everything
            if (known.secret or quoted == "all") and view.record.config.get(known.key)
        ]
        cause += f" (settings: {', '.join(secret)})"
    return "\n".join([*lines, cause])


@dataclass(frozen=True, slots=True)
class Shaper:
    """Shows configs to one request, with or without secrets."""

    call: Call
    secrets: bool

    def config(self, record: Record, connector: Connector | None) -> dict[str, Any]:
        """The record's config as the request sees it."""
        if connector is None:
            return dict(record.config)
        shape = self._api_value if connector.family == "api" else self._value
        seen: dict[str, Any] = {}
        for key, known in connector.properties.items():
            value = _LEFT_OUT if known.write_only else shape(record, connector, known)
            self._add(seen, key, known, value)
        for key, value in record.config.items():
            if key not in connector.properties:
                self._add(seen, key, connector.later.get(key), self._newer(record, connector, key, value))
        if self.call.fault("backfill") != "off":
            for key, known in twins(connector):
                self._add(seen, key, known, self._twin(record, key, known))
        self._compute(seen, record, connector)
        if self.call.on("extra_keys"):
            seen["streamkap.internal.revision"] = "7"
        return seen

    def _compute(self, seen: dict[str, Any], record: Record, connector: Connector) -> None:
        """Put into `seen` what depends on other properties and on other objects."""
        template = seen.get("file.name.template")
        if isinstance(template, str) and self.call.on("append_file_extension"):
            seen["file.name.template"] = file_name_with_extension(connector, record.config, template)
        if self.call.on("destination_backfill"):
            stays = self.call.fault("backfill_after_pipeline") == "stays"
            if marks_columns_optional(connector, record.config, record.ever_fed_by if stays else record.fed_by):
                seen[OPTIONAL_COLUMNS] = "*"

    def _add(self, seen: dict[str, Any], key: str, known: Property | LaterProperty | None, value: Any) -> None:
        if value is not _LEFT_OUT and known is not None and known.secret:
            value = self._secret(known, value)
        if value is not _LEFT_OUT:
            seen[key] = self._restyled(known, value) if isinstance(known, Property) else value

    def _newer(self, record: Record, connector: Connector, key: str, value: Any) -> Any:
        """The value of a property that the catalogue knows by name, or not at all."""
        known = connector.later.get(key)
        hidden = known is not None and self._hides(known) and not shown(connector, known, record.config)
        return None if hidden or (value == "" and self._ignores_empty(None)) else value

    def _value(self, record: Record, connector: Connector, known: Property) -> Any:
        if known.server_assigned:
            return self._assigned(record, connector, known)
        sent = record.config.get(known.key, _LEFT_OUT)
        declared = default_of(known)
        backfill = self.call.fault("backfill")
        absent = None if known.secret and backfill != "off" else _LEFT_OUT
        if self._hides(known) and not shown(connector, known, record.config):
            return absent if sent is _LEFT_OUT else None
        if sent == "" and self._ignores_empty(declared):
            return None
        if declared is not None and ((sent is _LEFT_OUT and backfill != "off") or (sent is None and backfill == "on")):
            return None if declared == "" and self._ignores_empty(declared) else self._backfilled(declared)
        return absent if sent is _LEFT_OUT else sent

    def _hides(self, known: Property | LaterProperty) -> bool:
        """Whether the property comes back null while its conditions do not hold."""
        hiding = self.call.fault("null_hidden_conditionals")
        if hiding in {"off", "all"}:
            return hiding == "all"
        declared = default_of(known) if isinstance(known, Property) else None
        return known.key in _KNOWN_TO_HIDE or (hiding == "on" and declared is None)

    def _ignores_empty(self, declared: Any) -> bool:
        switch = self.call.fault("empty_string_to_null")
        return switch == "all" or (switch == "on" and declared != "")

    def _backfilled(self, value: Any) -> Any:
        nested = isinstance(value, (list, dict))
        return as_text(value) if self.call.on("stringify_backfill") and not nested else value

    def _api_value(self, record: Record, _connector: Connector, known: Property) -> Any:
        value = record.config.get(known.key)
        if value is None or value in ("", []):
            return _LEFT_OUT
        return as_text(rewritten(known, value) if known.normalised and self.call.on("rewrite_values") else value)

    def _assigned(self, record: Record, connector: Connector, known: Property) -> Any:
        if not self.call.on("resolve_placeholders"):
            return known.placeholder
        return assigned_value(record, connector, known)

    def _twin(self, record: Record, key: str, known: Property) -> Any:
        value = record.config.get(known.key)
        if value in (None, ""):
            value = default_of(known)
        if value in (None, ""):
            return _LEFT_OUT
        if str(record.config.get("ssh.enabled", "")).lower() == "true":
            # Behind a tunnel the connector gets the tunnel's end, not the user's host.
            if key == "database.hostname":
                return "ssh-tunnel.internal"
            if key == "database.port":
                return self._backfilled(20_000 + int(record.id[-3:], 16))
        return self._backfilled(value)

    def _secret(self, known: Property | LaterProperty, value: Any) -> Any:
        if value is None or value == "":
            return value
        if self.secrets:
            # The API treats the secret "null" as missing.
            return None if value == "null" or self.call.on("secret_null_echo") else value
        masking = self.call.fault("mask_without_secret_returned")
        if masking == "off" or (masking == "encrypted" and isinstance(known, Property) and not is_encrypted(known)):
            return value
        style = self.call.fault("mask_style")
        if style == "omit":
            return _LEFT_OUT
        if style == "null":
            return None
        return "********" + (str(value)[-4:] if style == "last4" else "")

    def _restyled(self, known: Property, value: Any) -> Any:
        if is_port(known) and value is not None:
            style = self.call.fault("ports_as")
            if style == "int" and str(value).isdigit():
                return int(value)
            return str(value) if style == "string" else value
        order = self.call.fault("reorder_lists")
        if order == "reverse" and isinstance(value, list):
            return value[::-1]
        if order != "off" and is_list(known) and isinstance(value, str):
            # A blank follows every comma, even inside a pattern; reordering never splits a pattern.
            return value.replace(",", ", ") if order == "blanks" else ",".join(reversed(split_patterns(value)))
        return value


def as_text(value: Any) -> Any:
    """The value as the backend stores it: only strings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(item) for item in value)
    return value if value is None else str(value)


def assigned_value(record: Record, connector: Connector, known: Property) -> Any:
    """The value that the server assigns: always the same for the same object."""
    seed = hashlib.sha256(f"{record.id} {known.key}".encode())
    if known.key == "ssh.public.key.user.displayed":
        blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + seed.digest()
        return f"ssh-ed25519 {base64.b64encode(blob).decode()} streamkap"
    if known.key == "api.key":
        return f"sk_{seed.hexdigest()[:40]}"
    if known.key == "webhook.url":
        return f"https://webhooks.streamkap.example/{record.tenant_id}/{record.id}"
    if known.key == "mongodb.connection.hostname":
        return _hostname(str(record.config.get("mongodb.connection.string.user.defined") or ""))
    if known.key == "topic.include.list.user.defined":
        return ",".join(topic_names(connector, record.config))
    return known.placeholder


def _hostname(connection: str) -> str:
    hosts = connection.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return hosts.split(",")[0].partition(":")[0]


FIELDS: dict[str, Callable[[View], Any]] = {
    "id": lambda view: view.record.id,
    "name": lambda view: view.record.name,
    "connector": lambda view: view.record.connector,
    "connector_display_name": lambda view: view.connector.display_name if view.connector else None,
    "created_timestamp": lambda view: clock.iso(view.record.created_at),
    "sub_id": lambda view: view.record.sub_id,
    "tenant_id": _tenant(lambda record: record.tenant_id),
    "service_id": _tenant(lambda record: record.service_id),
    "config": lambda view: Shaper(view.call, view.secrets).config(view.record, view.connector),
    "topic_ids": lambda view: view.topic_ids,
    "topic_map": lambda view: {topic_id: [] for topic_id in view.topic_ids},
    "topics": lambda view: view.topics,
    "tasks": _tasks,
    "connector_status": lambda view: view.status,
    "desired_state": _desired_state,
    "task_statuses": _task_statuses,
    "tags": _tags,
    "type": lambda view: _ordered(view, sorted(view.record.body["type"])),
}
"""How the fields are worked out that are not shown as they are stored."""
