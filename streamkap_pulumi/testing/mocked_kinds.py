"""What the mocks know of each kind: its provider, and how Streamkap would show an object that was just created."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import rpc

from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator.properties import topic_names
from streamkap_pulumi.kinds.kind import Change, Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle import recorded
from streamkap_pulumi.lifecycle.declared import Declared, sealed, secret_keys_in
from streamkap_pulumi.provider import SourceProvider

_HOST = "https://mocks.invalid"
_TASKS = {"Active": "RUNNING", "Paused": "PAUSED", "Stopped": "STOPPED"}
_GENERATED = {
    "ssh.public.key.user.displayed": "ssh-rsa AAAAB3NzaC1yc2E-mocked",
    "webhook.url": f"{_HOST}/webhooks/{{id}}",
    "api.key": "mocked-api-key",
}
"""What the server generates, where the connector has such a property."""


@dataclass(frozen=True)
class MockedKind:
    """A kind under the mocks."""

    kind: Kind
    provider: Callable[[], Any]
    answer: Callable[[str, Mapping[str, Any]], Any]
    """What the API shows of an object with that id and those inputs, once it is ready."""

    def outputs(self, object_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider would record of an object created from checked `inputs`, secrets marked for Pulumi."""
        declared = Declared.from_inputs(self.kind, inputs)
        plain = recorded.outputs(declared, self.answer(object_id, inputs), seen_from={}, redaction=Redaction())
        return sealed(self.kind, plain, secret_keys_in(inputs), rpc.wrap_rpc_secret)


def _source(source_id: str, inputs: Mapping[str, Any]) -> SourceConnector:
    code = str(inputs["connector"])
    connector = SOURCE.connector(code)
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
        config=config | _generated(source_id, connector, config),
        topics=topics,
        topic_ids=ids,
        topic_map={topic_id: [] for topic_id in ids},
        tasks=[0] if status in _TASKS else [],
        task_statuses={"0": {"state": _TASKS[status]}} if status in _TASKS else {},
        **{each.wire or each.name: inputs.get(each.name) for each in SOURCE.inputs if each.change is Change.SEND_ALONE},
    )


def _generated(source_id: str, connector: Connector | None, config: Mapping[str, Any]) -> dict[str, str]:
    properties = connector.properties if connector else {}
    generated = {key: text.format(id=source_id) for key, text in _GENERATED.items() if key in properties}
    if str(config.get("ssh.enabled")).lower() != "true":
        generated.pop("ssh.public.key.user.displayed", None)
    return generated


MOCKED: Mapping[str, MockedKind] = {SOURCE.type_token: MockedKind(SOURCE, SourceProvider, _source)}
"""By type."""
