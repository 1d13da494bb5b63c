"""The object that readers see, field by field.

Rests on the API's documentation of the answer of ``POST /sources`` and of ``POST /sources/{id}/deploy``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator import clock, statuses
from streamkap_pulumi.emulator.calls import Call
from streamkap_pulumi.emulator.kinds import Kind
from streamkap_pulumi.emulator.records import Record
from streamkap_pulumi.emulator.shaping import Shaper
from streamkap_pulumi.emulator.topics import topic_names

_LEFT_OUT = object()


@dataclass(frozen=True, slots=True)
class View:
    """One record as one request sees it."""

    kind: Kind
    record: Record
    connector: Connector | None
    call: Call
    secrets: bool
    now: float

    @property
    def status(self) -> str:
        """Its status at the moment."""
        return statuses.status_of(self.record, self.now)

    @property
    def topics(self) -> list[str]:
        """Its topics, which it has once it was Active."""
        if not statuses.deployed(self.record, self.now):
            return []
        return topic_names(self.connector, self.record.config)

    @property
    def topic_ids(self) -> list[str]:
        """The topics' ids."""
        return [f"{self.kind.topic_prefix}{self.record.id}.{topic}" for topic in self.topics]


def render(kind: Kind, record: Record, call: Call, *, secrets: bool) -> dict[str, Any]:
    """The object as the API answers it."""
    view = View(kind, record, kind.catalogue.find(record.connector), call, secrets, clock.now())
    absent = [name.strip() for name in str(call.fault("absent_fields")).split(",")]
    values = {field.name: _value(field.name, view) for field in kind.fields if field.name not in absent}
    if call.on("extra_keys"):
        values["revision"] = 7
    return {name: value for name, value in values.items() if value is not _LEFT_OUT}


def brief(kind: Kind, record: Record, call: Call) -> dict[str, Any]:
    """The object in short; the shape is undocumented."""
    view = View(kind, record, kind.catalogue.find(record.connector), call, secrets=False, now=clock.now())
    return {name: _value(name, view) for name in ("id", "name", "connector", "connector_status")}


def _value(name: str, view: View) -> Any:
    return FIELDS[name](view) if name in FIELDS else view.record.body[name]


def _tenant(value: Callable[[Record], str]) -> Callable[[View], Any]:
    return lambda view: None if view.call.on("drop_tenant_ids") else value(view.record)


def _desired_state(view: View) -> str:
    if view.call.on("transient_desired_state") and view.status in {statuses.UPDATING, statuses.DELETING}:
        return view.status
    return statuses.meant(view.record.desired_state)


def _tags(view: View) -> Any:
    style = view.call.fault("empty_tags")
    tags = view.record.body["tags"]
    if tags or style == "list":
        return tags
    return None if style == "null" else _LEFT_OUT


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
    told = view.call.fault("task_trace_secret")
    if told != "off" and view.connector is not None:
        secret = [
            f"{key}={view.record.config[key]}"
            for key, known in view.connector.properties.items()
            if (known.secret or told == "all") and view.record.config.get(key)
        ]
        cause += f" (settings: {', '.join(secret)})"
    return "\n".join([*lines, cause])


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
}
"""How the fields are worked out that are not shown as they are stored."""
