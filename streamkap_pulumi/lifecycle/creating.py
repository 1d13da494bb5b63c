"""Create: POST, then wait. Once the source exists, nothing here raises: a failed create would lose it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.durations import shown
from streamkap_pulumi.lifecycle.errors import NameTakenError
from streamkap_pulumi.lifecycle.recorded import outputs
from streamkap_pulumi.lifecycle.redaction import Redaction
from streamkap_pulumi.lifecycle.settling import settle

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector


def create(context: Context, declared: Declared) -> tuple[str, dict[str, Any]]:
    """Create the source (`POST /sources`) and give its id and outputs.

    Raises:
        NameTakenError: a source has the name already. It is not touched.
        StreamkapError: the source could not be created.
    """
    try:
        made = context.api.sources.create(
            name=declared.name,
            connector=declared.connector,
            config=declared.config,
            created_from=declared.created_from,
            desired_state=declared.desired_state,
            kc_cluster_id=declared.kc_cluster_id,
            tags=declared.tags,
        )
    except APIError as error:
        if error.name_is_taken:
            raise _name_taken(context.api, declared, error) from None
        raise
    redaction = Redaction(declared.secrets())
    seen, not_ready = made, None
    try:
        if declared.wait:
            outcome = settle(context, declared, made, operation="create", redaction=redaction)
            seen, not_ready = outcome.last, outcome.not_ready
        seen = _with_owner(context.api, made, seen)
    except Exception as error:  # noqa: BLE001 - whatever it is, the source exists and has to be recorded
        not_ready = f"source {declared.name!r} ({made.id}) was made and could not be watched ({type(error).__name__})"
    return made.id, outputs(declared, seen, host=context.api.host, redaction=redaction, not_ready=not_ready)


def _with_owner(api: Streamkap, made: SourceConnector, seen: SourceConnector) -> SourceConnector:
    """`seen` with tenant and project: a later "it is gone" is believed only from there."""
    owner = {
        "tenant_id": seen.tenant_id or made.tenant_id,
        "service_id": seen.service_id or made.service_id,
    }
    if not all(owner.values()):
        try:
            who = api.whoami()
        except StreamkapError:
            return seen
        owner = {name: owner[name] or getattr(who, name) for name in owner}
    return seen.model_copy(update=owner)


def _name_taken(api: Streamkap, declared: Declared, error: APIError) -> NameTakenError:
    """Who has the name. The look-up is for the text only, so its own failure is no failure."""
    request = f" (request id {error.request_id})" if error.request_id else ""
    taken = f"A source named {declared.name!r} already exists"
    try:
        holders = list(api.sources.named(declared.name))
    except StreamkapError:
        holders = []
    if not holders:
        return NameTakenError(
            f"{taken}, though the list of this project's sources does not show it{request}: it belongs to another "
            "project of the tenant, or is a leftover of a failed deployment. Choose another name, or ask Streamkap "
            "to remove it.",
            operation=error.operation,
        )
    holder = holders[0]
    age = _age(holder.created_timestamp)
    return NameTakenError(
        f"{taken}: id {holder.id}, connector {holder.connector}{f', made {age} ago' if age else ''}{request}. "
        "It is not touched. Choose another name, or delete it in Streamkap if nobody needs it.",
        operation=error.operation,
    )


def _age(timestamp: str | None) -> str:
    if not timestamp:
        return ""
    try:
        made = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    except ValueError:
        return ""
    made = made if made.tzinfo else made.replace(tzinfo=timezone.utc)
    elapsed = (datetime.now(timezone.utc) - made).total_seconds()
    days = int(elapsed // 86400)
    return f"{days} days" if days > 1 else shown(max(0.0, elapsed))
