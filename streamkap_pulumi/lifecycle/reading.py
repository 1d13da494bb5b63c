"""Read: what a refresh records, and what `Source.get` gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.values import canonical
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import CLIENT, DESIRED_STATES, HOST, NOT_READY, Declared, secrets_in
from streamkap_pulumi.lifecycle.grants import spent_since
from streamkap_pulumi.lifecycle.identity import drifted_keys
from streamkap_pulumi.lifecycle.presence import believe_gone, seen_from
from streamkap_pulumi.lifecycle.recorded import foreign, outputs, with_owner
from streamkap_pulumi.lifecycle.settling import wanted_status

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector


def read(context: Context, source_id: str, recorded: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The source as it is now: outputs, and the inputs that would declare it so. None when it is gone.

    A declared key takes the live value only where that means something else; what the server hides, drops or spells
    in another way stays as recorded. What is not declared is not compared.

    Raises:
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
    """
    was = Declared.from_recorded(recorded)
    context.redaction.learn(was.secrets())
    try:
        seen = context.api.sources.get(source_id)
    except NotFoundError:
        believe_gone(context.api, source_id, recorded)
        return None
    now = drifted(was, seen)
    redaction = context.redaction.learn(secrets_in(seen.connector, seen.config))
    seen = with_owner(seen, recorded)
    settled = seen.connector_status == wanted_status(now, seen)
    not_ready = None if settled else recorded.get(NOT_READY)
    origin = _origin(recorded) | {HOST: context.api.host}
    fresh = outputs(now, seen, seen_from=origin, redaction=redaction, not_ready=not_ready)
    return fresh | spent_since(recorded, now.config), now.inputs()


def read_foreign(context: Context, source_id: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
    """The outputs of a source that this stack does not manage, without any secret.

    None when a refresh finds it gone: else the stack could not be refreshed for as long as it is in the state.

    Args:
        context: what every operation works with.
        source_id: the source.
        recorded: the outputs of an earlier look in a refresh; mere inputs where the program looks, as in `Source.get`.

    Raises:
        NotFoundError: the program looks, and there is none with this id in the credentials' project.
        WrongTenantError: in a refresh it is not to be seen, and "gone" cannot be believed.
    """
    # Only an earlier look has recorded a config, which may be empty: `Source.get` declares none.
    refreshing = recorded.get("config") is not None
    try:
        seen = context.api.sources.get(source_id)
    except NotFoundError:
        if not refreshing:
            raise
        believe_gone(context.api, source_id, recorded)
        return None
    origin = _origin(recorded) if refreshing else seen_from(context.api)
    return foreign(with_owner(seen, recorded), context.redaction) | origin


def _origin(recorded: Mapping[str, Any]) -> dict[str, str]:
    """From where it was seen, as recorded: adding to what an earlier version has recorded would look like drift."""
    return {name: recorded[name] for name in (HOST, CLIENT) if recorded.get(name)}


def drifted(was: Declared, seen: SourceConnector, keys: Iterable[str] | None = None) -> Declared:
    """`was`, with what somebody else has set; of the config the live value of each of `keys`, or of what drifted."""
    connector = find_connector(was.connector)
    live = seen.config or {}
    properties = connector.properties if connector else {}
    keys = drifted_keys(was, seen) if keys is None else keys
    moved = {key: canonical(properties.get(key), live[key]) for key in keys}
    return replace(
        was,
        config={**was.config, **moved},
        name=_drifted_name(was, seen),
        connector=seen.connector or was.connector,
        desired_state=_drifted_state(was, seen),
        tags=_drifted_tags(was, seen),
        kc_cluster_id=(seen.kc_cluster_id or was.kc_cluster_id) if was.kc_cluster_id else None,
    )


def _drifted_name(was: Declared, seen: SourceConnector) -> str:
    """Blanks around it are no difference, as in an update."""
    return seen.name if seen.name and seen.name.strip() != was.name.strip() else was.name


def _drifted_state(was: Declared, seen: SourceConnector) -> str | None:
    if was.desired_state is None or seen.desired_state not in DESIRED_STATES:
        return was.desired_state
    return seen.desired_state


def _drifted_tags(was: Declared, seen: SourceConnector) -> tuple[str, ...] | None:
    if was.tags is None or seen.unreadable("tags"):
        return was.tags
    live = tuple(seen.tags or ())
    return was.tags if set(live) == set(was.tags) else live
