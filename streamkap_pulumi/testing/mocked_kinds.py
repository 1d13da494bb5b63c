"""What the mocks know of each kind: its provider, and how Streamkap would show an object that was just created."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import rpc

from streamkap_pulumi.api.models import DestinationConnector, SourceConnector, Tag
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator.properties import topic_names
from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Change, Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.lifecycle import recorded
from streamkap_pulumi.lifecycle.declared import Declared, sealed, secret_keys_in
from streamkap_pulumi.provider import DestinationProvider, SourceProvider, TagProvider

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
    topics = topic_names(SOURCE.connector(inputs["connector"]), dict(inputs.get("config") or {}))
    ids = [f"source_{source_id}.{topic}" for topic in topics]
    return SourceConnector(
        **_connector(SOURCE, source_id, inputs),
        service_id="service-mocked",
        topics=topics,
        topic_ids=ids,
        topic_map={topic_id: [] for topic_id in ids},
    )


def _destination(destination_id: str, inputs: Mapping[str, Any]) -> DestinationConnector:
    return DestinationConnector(
        **_connector(DESTINATION, destination_id, inputs), topics=[], topic_ids=[], topic_map={}
    )


def _tag(tag_id: str, inputs: Mapping[str, Any]) -> Tag:
    description = inputs.get("description") or ""
    return Tag(
        id=tag_id, name=inputs.get("name"), type=inputs["type"], description=description, system=False, custom=True
    )


def _connector(kind: Kind, object_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What sources and destinations have in common."""
    code = str(inputs["connector"])
    connector = kind.connector(code)
    config = dict(inputs.get("config") or {})
    status = inputs.get("desired_state") or "Active"
    return dict(
        id=object_id,
        name=inputs.get("name"),
        connector=code,
        connector_display_name=connector.display_name if connector else code,
        connector_status=status,
        desired_state=status,
        created_timestamp="2026-01-01T00:00:00Z",
        sub_id="sub-mocked",
        tenant_id="tenant-mocked",
        config=config | _generated(object_id, connector, config),
        tasks=[0] if status in _TASKS else [],
        task_statuses={"0": {"state": _TASKS[status]}} if status in _TASKS else {},
        **{each.wire or each.name: inputs.get(each.name) for each in kind.inputs if each.change is Change.SEND_ALONE},
    )


def _generated(source_id: str, connector: Connector | None, config: Mapping[str, Any]) -> dict[str, str]:
    properties = connector.properties if connector else {}
    generated = {key: text.format(id=source_id) for key, text in _GENERATED.items() if key in properties}
    if str(config.get("ssh.enabled")).lower() != "true":
        generated.pop("ssh.public.key.user.displayed", None)
    return generated


MOCKED: Mapping[str, MockedKind] = {
    each.kind.type_token: each
    for each in (
        MockedKind(SOURCE, SourceProvider, _source),
        MockedKind(DESTINATION, DestinationProvider, _destination),
        MockedKind(TAG, TagProvider, _tag),
    )
}
"""By type."""
