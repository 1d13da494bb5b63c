"""Read: what a refresh records, and what `Source.get` returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.config.values import canonical
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.grants import spent_since
from streamkap_pulumi.lifecycle.identity import drifted_keys
from streamkap_pulumi.lifecycle.keys import CLIENT, HOST, NOT_READY
from streamkap_pulumi.lifecycle.live import config_of
from streamkap_pulumi.lifecycle.presence import believe_gone, seen_from
from streamkap_pulumi.lifecycle.recorded import foreign, outputs, with_owner
from streamkap_pulumi.lifecycle.waiting import wanted_status


def read(context: Context, object_id: str, recorded: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The object as it is now: outputs, and the inputs that would declare it so. None when it is gone.

    A declared key takes the live value only where that means something else; what the server hides, drops or spells
    in another way stays as recorded. What is not declared is not compared.

    Raises:
        WrongTenantError: it was not found, and "gone" cannot be believed.
    """
    kind = context.kind
    was = Declared.from_recorded(kind, recorded)
    context.redaction.learn(was.secrets())
    try:
        seen = context.fetch(object_id)
    except NotFoundError:
        believe_gone(context, object_id, recorded)
        return None
    now = drifted(was, seen)
    seen = with_owner(kind, seen, recorded)
    is_ready = not kind.status or kind.status_of(seen) == wanted_status(now, seen)
    not_ready = None if is_ready else recorded.get(NOT_READY)
    origin = _origin(recorded) | {HOST: context.api.host}
    fresh = outputs(now, seen, seen_from=origin, redaction=context.redaction, not_ready=not_ready)
    return fresh | spent_since(kind, recorded, now.config), now.inputs()


def read_foreign(context: Context, object_id: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
    """The outputs of an object that this stack does not manage, without any secret.

    None when a refresh finds it gone: otherwise the stack could not be refreshed for as long as it is in the state.

    Args:
        context: of the operation.
        object_id: the object's id.
        recorded: the outputs of an earlier read in a refresh; only inputs where the program reads it, by `Source.get`.

    Raises:
        NotFoundError: the program reads it, and the credentials' project has none with this id.
        WrongTenantError: in a refresh it was not found, and "gone" cannot be believed.
    """
    # Only an earlier read has recorded outputs: `Source.get` declares none.
    refreshing = any(recorded.get(each.name) is not None for each in context.kind.outputs)
    try:
        seen = context.fetch(object_id)
    except NotFoundError:
        if not refreshing:
            raise
        believe_gone(context, object_id, recorded)
        return None
    origin = _origin(recorded) if refreshing else seen_from(context.api)
    return foreign(context.kind, with_owner(context.kind, seen, recorded), context.redaction) | origin


def _origin(recorded: Mapping[str, Any]) -> dict[str, str]:
    """Where it was read from, as recorded: adding to what an earlier version has recorded would show as drift."""
    return {name: recorded[name] for name in (HOST, CLIENT) if recorded.get(name)}


def drifted(was: Declared, seen: Any, keys: Iterable[str] | None = None) -> Declared:
    """`was`, with what somebody else has set; of the config the live value of each of `keys`, or of what drifted."""
    values: dict[str, Any] = {}
    for each in was.kind.inputs:
        value = was.get(each.name)
        if not each.drifts or value is None or seen.unreadable(each.wire or each.name):
            continue
        live = each.type.or_empty(each.live(seen))
        if each.type.readable(live) and not each.type.same(live, value):
            values[each.name] = live
    if "config" in was.values:
        config = config_of(seen)
        keys = drifted_keys(was, seen) if keys is None else keys
        moved = {key: canonical(was.known(key), config[key]) for key in keys}
        values["config"] = {**was.config, **moved}
    return was.having(**values)
