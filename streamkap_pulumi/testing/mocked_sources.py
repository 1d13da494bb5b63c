"""A source as Streamkap would tell of it, worked out of what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc

from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator.topics import topic_names
from streamkap_pulumi.kinds.kind import Change, Kind
from streamkap_pulumi.lifecycle import recorded
from streamkap_pulumi.lifecycle.declared import Declared, sealed, secret_keys_in

_HOST = "https://mocks.invalid"
_TASKS = {"Active": "RUNNING", "Paused": "PAUSED", "Stopped": "STOPPED"}
_MADE = {
    "ssh.public.key.user.displayed": "ssh-rsa AAAAB3NzaC1yc2E-mocked",
    "webhook.url": f"{_HOST}/webhooks/{{id}}",
    "api.key": "mocked-api-key",
}
"""What the server makes for the user, where the connector has such a property."""


def seen(source_id: str, inputs: Mapping[str, Any], kind: Kind) -> SourceConnector:
    """The API's answer for a source that was made of these inputs, and has settled."""
    code = str(inputs["connector"])
    connector = kind.connector(code)
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
        **{each.wire or each.name: inputs.get(each.name) for each in kind.inputs if each.change is Change.SEND_ALONE},
    )


def outputs(source_id: str, inputs: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """What the provider would record of a source created from checked `inputs`, secrets marked for Pulumi."""
    declared = Declared.from_inputs(kind, inputs)
    seen_now = seen(source_id, inputs, kind)
    plain = recorded.outputs(declared, seen_now, seen_from={}, redaction=Redaction())
    return sealed(kind, plain, secret_keys_in(inputs), rpc.wrap_rpc_secret)


def _made(source_id: str, connector: Connector | None, config: Mapping[str, Any]) -> dict[str, str]:
    properties = connector.properties if connector else {}
    made = {key: text.format(id=source_id) for key, text in _MADE.items() if key in properties}
    if str(config.get("ssh.enabled")).lower() != "true":
        made.pop("ssh.public.key.user.displayed", None)
    return made
