"""A source as Streamkap would tell of it, worked out of what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc

from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.config.catalogue import Catalogue, Connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.emulator.topics import topic_names
from streamkap_pulumi.lifecycle import Declared, Redaction, recorded, secret_keys_in

_HOST = "https://mocks.invalid"
_TASKS = {"Active": "RUNNING", "Paused": "PAUSED", "Stopped": "STOPPED"}
_MADE = {
    "ssh.public.key.user.displayed": "ssh-rsa AAAAB3NzaC1yc2E-mocked",
    "webhook.url": f"{_HOST}/webhooks/{{id}}",
    "api.key": "mocked-api-key",
}
"""What the server makes for the user, where the connector has such a property."""


def seen(source_id: str, inputs: Mapping[str, Any], catalogue: Catalogue) -> SourceConnector:
    """The API's answer for a source that was made of these inputs, and has settled."""
    code = str(inputs["connector"])
    connector = catalogue.find(code)
    config = dict(inputs.get("config") or {})
    status = inputs.get("desired_state") or "Active"
    topics = topic_names(connector, config)
    ids = [f"source_{source_id}.{topic}" for topic in topics]
    return SourceConnector(
        id=source_id,
        name=inputs.get("name"),
        connector=code,
        connector_display_name=connector.display_name if connector else code,
        connector_status=status,
        desired_state=status,
        created_timestamp="2026-01-01T00:00:00Z",
        sub_id="sub-mocked",
        tenant_id="tenant-mocked",
        service_id="service-mocked",
        config=config | _made(source_id, connector, config),
        topics=topics,
        topic_ids=ids,
        topic_map={topic_id: [] for topic_id in ids},
        tasks=[0] if status in _TASKS else [],
        task_statuses={"0": {"state": _TASKS[status]}} if status in _TASKS else {},
        kc_cluster_id=inputs.get("kc_cluster_id"),
        tags=list(inputs.get("tags") or []),
    )


def outputs(source_id: str, inputs: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """What the provider would record of a source made of checked `inputs`, secrets marked for Pulumi."""
    declared = Declared.from_inputs(inputs)
    told = recorded.outputs(declared, seen(source_id, inputs, catalogue), seen_from={}, redaction=Redaction())
    connector, marked = catalogue.find(declared.connector), secret_keys_in(inputs)

    def secured(key: str, value: Any) -> Any:
        secret = "*" in marked or key in marked or holds_secret(connector, key, value)
        return rpc.wrap_rpc_secret(value) if secret else value

    config = {key: secured(key, value) for key, value in told["config"].items()}
    return told | {"config": config} | ({"api_key": rpc.wrap_rpc_secret(told["api_key"])} if "api_key" in told else {})


def _made(source_id: str, connector: Connector | None, config: Mapping[str, Any]) -> dict[str, str]:
    properties = connector.properties if connector else {}
    made = {key: text.format(id=source_id) for key, text in _MADE.items() if key in properties}
    if str(config.get("ssh.enabled")).lower() != "true":
        made.pop("ssh.public.key.user.displayed", None)
    return made
