"""An object as the emulator stores it, whatever its kind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Record:
    """One stored object. What readers see of it is worked out when they ask."""

    id: str
    kind: str
    name: str
    connector: str
    tenant_id: str
    service_id: str
    sub_id: str
    created_at: float
    """Seconds since the epoch, by the server's clock, which may be off."""
    config: dict[str, Any]
    """What the user sent, less what the API drops."""
    desired_state: str
    created_from: str = "api"
    kc_cluster_id: str | None = None
    tags: list[str] = field(default_factory=list)
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

    def gone(self, now: float) -> bool:
        """Whether it is deleted, and nobody can read it."""
        return self.gone_at is not None and self.gone_at <= now

    def dump(self) -> str:
        """Itself as text for the store."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Record:
        """The record that `dump` wrote."""
        values = json.loads(text)
        values["timeline"] = [(until, status) for until, status in values["timeline"]]
        return cls(**values)
