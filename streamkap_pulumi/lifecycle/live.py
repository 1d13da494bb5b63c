"""What an object of the API shows, where its kind has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import ApiObject
    from streamkap_pulumi.kinds.kind import Kind


def config_of(seen: ApiObject) -> Mapping[str, Any]:
    """The live config; empty where the API shows none."""
    return getattr(seen, "config", None) or {}


def connector_of(seen: ApiObject) -> str | None:
    """The code of its connector."""
    return getattr(seen, "connector", None)


def created_at(seen: ApiObject) -> str | None:
    """When it was created, ISO 8601."""
    return getattr(seen, "created_timestamp", None)


def origin_of(seen: ApiObject) -> str | None:
    """What it was created by, such as ``web``; the API's documentation does not have this field in its answers."""
    found = (seen.model_extra or {}).get("created_from", getattr(seen, "created_from", None))
    return found if isinstance(found, str) and found else None


def desired_state_of(kind: Kind, seen: ApiObject) -> str | None:
    """The desired state; None where the API shows none, or one that is not documented."""
    field = kind.state_field
    state = field.live(seen) if field else None
    return state if field and field.type.readable(state) else None


def state_of(kind: Kind, seen: ApiObject) -> str | None:
    """The desired state; the status where the API shows none."""
    return desired_state_of(kind, seen) or kind.status_of(seen)
