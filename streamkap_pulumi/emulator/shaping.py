"""What a reader sees of a stored config: the API's echo, with all that it adds, hides and changes.

Everything is worked out at reading, out of what the user sent, so that a switch shows at once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.emulator.api_sources import rewritten
from streamkap_pulumi.emulator.calls import Call
from streamkap_pulumi.emulator.properties import default_of, is_encrypted, is_list, is_port, shown, twins
from streamkap_pulumi.emulator.records import Record
from streamkap_pulumi.emulator.topics import split_patterns, topic_names

_LEFT_OUT = object()
_EXTENSIONS = (".gz", ".json", ".csv", ".parquet", ".avro")


@dataclass(frozen=True, slots=True)
class Shaper:
    """Shows configs to one request, which does or does not ask for secrets."""

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
                later = connector.later.get(key)
                hidden = later is not None and not shown(connector, later, record.config)
                if self.call.fault("null_hidden_conditionals") == "off":
                    hidden = False
                seen[key] = None if hidden or (value == "" and self._ignores_empty(None)) else value
        if self.call.fault("backfill") != "off":
            for key, known in twins(connector):
                self._add(seen, key, known, self._twin(record, key, known))
        if "file.name.template" in seen and self.call.on("append_file_extension"):
            seen["file.name.template"] = _with_extension(seen["file.name.template"], record.config)
        if self.call.on("extra_keys"):
            seen["streamkap.internal.revision"] = "7"
        return seen

    def _add(self, seen: dict[str, Any], key: str, known: Property, value: Any) -> None:
        if value is not _LEFT_OUT and known.secret:
            value = self._secret(known, value)
        if value is not _LEFT_OUT:
            seen[key] = self._restyled(known, value)

    def _value(self, record: Record, connector: Connector, known: Property) -> Any:
        if known.server_assigned:
            return self._assigned(record, connector, known)
        sent = record.config.get(known.key, _LEFT_OUT)
        hiding = self.call.fault("null_hidden_conditionals")
        declared = default_of(known)
        if hiding != "off" and (hiding == "all" or declared is None) and not shown(connector, known, record.config):
            return _LEFT_OUT if sent is _LEFT_OUT else None
        if sent == "" and self._ignores_empty(declared):
            return None
        backfill = self.call.fault("backfill")
        if declared is not None and ((sent is _LEFT_OUT and backfill != "off") or (sent is None and backfill == "on")):
            return None if declared == "" and self._ignores_empty(declared) else self._backfilled(declared)
        return sent

    def _ignores_empty(self, declared: Any) -> bool:
        switch = self.call.fault("empty_string_to_null")
        return switch == "all" or (switch == "on" and declared != "")

    def _backfilled(self, value: Any) -> Any:
        return as_text(value) if self.call.on("stringify_backfill") else value

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
            # Behind a tunnel the connector is given the tunnel's end, not the user's host.
            if key == "database.hostname":
                return "ssh-tunnel.internal"
            if key == "database.port":
                return self._backfilled(20_000 + int(record.id[-3:], 16))
        return self._backfilled(value)

    def _secret(self, known: Property, value: Any) -> Any:
        if value is None or value == "":
            return value
        if self.secrets:
            # The API takes a secret that reads "null" for none.
            return None if value == "null" or self.call.on("secret_null_echo") else value
        masking = self.call.fault("mask_without_secret_returned")
        if masking == "off" or (masking == "encrypted" and not is_encrypted(known)):
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
        if order != "off" and is_list(known) and isinstance(value, str):
            # A blank goes behind every comma, also one that is part of a pattern; no pattern is torn by another order.
            return value.replace(",", ", ") if order == "blanks" else ",".join(reversed(split_patterns(value)))
        return value


def as_text(value: Any) -> Any:
    """The value as the backend keeps it, which stores texts only."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(item) for item in value)
    return value if value is None else str(value)


def assigned_value(record: Record, connector: Connector, known: Property) -> Any:
    """What the server fills in for the object: always the same for the same object."""
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


def _with_extension(template: Any, config: Mapping[str, Any]) -> Any:
    if not isinstance(template, str) or template.endswith(_EXTENSIONS):
        return template
    return f"{template}.{config.get('format.user.defined') or 'json'}.gz"
