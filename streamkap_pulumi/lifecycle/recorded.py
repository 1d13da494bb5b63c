"""The outputs of a source: what is declared, and beside it what the API tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.lifecycle.declared import (
    DECLARED,
    NOT_READY,
    OPTIONAL_INPUTS,
    SECRET_KEYS,
    Declared,
    secrets_in,
)

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector

OWNER = ("tenant_id", "service_id")
"""Outputs that tell whose the source is."""

MADE_BY_THE_SERVER: Mapping[str, str] = {
    "ssh_public_key": "ssh.public.key.user.displayed",
    "webhook_url": "webhook.url",
    "api_key": "api.key",
}
"""Outputs that the server makes for the user, and the config keys that it shows them under."""


def outputs(
    declared: Declared,
    seen: SourceConnector,
    *,
    seen_from: Mapping[str, str],
    redaction: Redaction,
    not_ready: str | None = None,
) -> dict[str, Any]:
    """What is recorded of a source that this stack manages; `seen_from` is as of `presence.seen_from`."""
    inputs = declared.inputs()
    recorded = observed(seen, redaction) | made_by_the_server(seen) | inputs | dict(seen_from)
    recorded[DECLARED] = [name for name in OPTIONAL_INPUTS if name in inputs]
    if declared.secret_keys:
        recorded[SECRET_KEYS] = sorted(declared.secret_keys)
    if not_ready:
        recorded[NOT_READY] = not_ready
    return recorded


def with_owner(seen: SourceConnector, recorded: Mapping[str, Any]) -> SourceConnector:
    """`seen` with tenant and project as recorded where the answer leaves them out: "gone" is compared with them."""
    return seen.model_copy(update={name: getattr(seen, name) or recorded.get(name) for name in OWNER})


def observed(seen: SourceConnector, redaction: Redaction) -> dict[str, Any]:
    """What the API tells of a source, apart from its config. Missing lists are empty, missing texts absent."""
    facts = {
        "name": seen.name,
        "connector": seen.connector,
        "status": seen.connector_status,
        "topics": seen.topics or [],
        "topic_ids": seen.topic_ids or [],
        "topic_map": seen.topic_map or {},
        "tasks": redaction.data(seen.tasks or []),
        "task_statuses": redaction.data(seen.task_statuses or {}),
        "desired_state": seen.desired_state,
        "connector_display_name": seen.connector_display_name,
        "created_timestamp": seen.created_timestamp,
        "kc_cluster_id": seen.kc_cluster_id,
        "tags": seen.tags or [],
        "sub_id": seen.sub_id,
        "tenant_id": seen.tenant_id,
        "service_id": seen.service_id,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def made_by_the_server(seen: SourceConnector) -> dict[str, Any]:
    """Outputs such as the SSH key to install or the webhook's address; absent until the server has made them."""
    config = seen.config or {}
    made = {name: config.get(key) for name, key in MADE_BY_THE_SERVER.items()}
    return {name: value for name, value in made.items() if isinstance(value, str) and value and not _placeholder(value)}


def foreign(seen: SourceConnector, redaction: Redaction | None = None) -> dict[str, Any]:
    """What is recorded of a source that this stack does not manage: no secret property, and no secret in a text.

    `seen` was read with its secrets, which are needed to find them in the tasks' traces.
    """
    connector = find_connector(seen.connector or "")
    live = {key: value for key, value in (seen.config or {}).items() if value is not None}
    public = {key: value for key, value in live.items() if not holds_secret(connector, key, value)}
    redaction = (redaction or Redaction()).learn(secrets_in(seen.connector, live))
    facts = observed(seen, redaction) | made_by_the_server(seen) | {"config": public}
    return {name: fact for name, fact in facts.items() if name != "api_key"}


def _placeholder(value: str) -> bool:
    return value.startswith("<") and value.endswith(">")
