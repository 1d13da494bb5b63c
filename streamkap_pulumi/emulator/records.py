"""An object as the emulator stores it, whatever its kind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Record:
    """One stored object. What readers see of it is worked out when they ask."""

    id: str
    kind: str
    name: str
    tenant_id: str
    service_id: str
    sub_id: str
    created_at: float
    """Seconds since the epoch, by the server's clock, which may be off."""
    desired_state: str
    body: dict[str, Any]
    """What the user sent of connector, config and the kind's own fields, less what the API drops."""
    created_from: str = "api"
    timeline: list[tuple[float | None, str]] = field(default_factory=list)
    """Transient statuses, each until a moment; None is never."""
    status: str = "Active"
    """The status after the timeline."""
    frozen: str | None = None
    """The status that no longer advances."""
    deployed_at: float | None = None
    """When it was Active for the first time, which may be still to come."""
    task_statuses: dict[str, Any] | None = None
    """Set by hand; None lets it follow the status."""
    deleting: bool = False
    gone_at: float | None = None
    """When it is no longer readable, which may be still to come."""
    orphan: bool = False
    """It holds its name, but nobody can see it."""
    snapshot_until: float | None = None
    signed_in: bool = False
    """A grant of the service's Connect sign-in was used for it."""

    @property
    def connector(self) -> str:
        """The connector's code."""
        return str(self.body["connector"])

    @property
    def config(self) -> dict[str, Any]:
        """The config as it is stored."""
        config: dict[str, Any] = self.body["config"]
        return config

    def gone(self, now: float) -> bool:
        """Whether it is deleted, and nobody can read it."""
        return self.gone_at is not None and self.gone_at <= now

    def dump(self) -> str:
        """Itself as text for the store."""
        values = asdict(self)
        return json.dumps({**values.pop("body"), **values})

    @classmethod
    def load(cls, text: str) -> Record:
        """The record that `dump` wrote."""
        values = json.loads(text)
        values["timeline"] = [(until, status) for until, status in values["timeline"]]
        own = {item.name for item in fields(cls)} - {"body"}
        body = {name: values.pop(name) for name in list(values) if name not in own}
        return cls(**values, body=body)
