"""Whether a live object can only be the one that was asked for: by what it holds, as far as the API shows, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config import values
from streamkap_pulumi.config.conditions import has_effect
from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.values import blank, is_mask, same
from streamkap_pulumi.durations import shown
from streamkap_pulumi.kinds.kind import Change
from streamkap_pulumi.lifecycle.live import config_of, connector_of, created_at, origin_of
from streamkap_pulumi.lifecycle.presence import is_elsewhere

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import ApiObject, Whoami
    from streamkap_pulumi.config.catalogue import Connector
    from streamkap_pulumi.kinds.kind import Field
    from streamkap_pulumi.lifecycle.declared import Declared


def hidden(connector: Connector | None, key: str, value: Any) -> bool:
    """The API does not show the property: null, or a mask of a secret."""
    return value is None or is_mask(value, secret=is_secret(connector, key))


def has_effect_in(connector: Connector | None, key: str, config: Mapping[str, Any]) -> bool:
    """The property has an effect in `config`, as far as the catalogue knows; otherwise the API may not show it."""
    described = connector.described(key) if connector else None
    return connector is None or described is None or has_effect(connector, described, config)


def differing_keys(declared: Declared, live: ApiObject) -> Iterator[str]:
    """The declared properties that the live object shows with another meaning.

    What is not shown does not differ: that is right for drift, and not enough to tell whose an object is.
    """
    config = config_of(live)
    for key, value in declared.config.items():
        now = config.get(key)
        if not hidden(declared.about, key, now) and not same(declared.known(key), value, now, key=key):
            yield key


def replaced_field(declared: Declared, live: ApiObject) -> Field | None:
    """A field in which the live object differs from what is declared, and that no update can change."""
    once = (each for each in declared.kind.inputs if each.change is Change.REPLACE)
    return next((each for each in once if each.live(live) != declared.get(each.name)), None)


def drifted_keys(declared: Declared, live: ApiObject) -> Iterator[str]:
    """The declared properties that somebody has changed since.

    A secret that the API keeps by itself may differ without that: the API may have renewed the token.
    """
    for key in differing_keys(declared, live):
        if not keeps_secret(declared.about, key):
            yield key


def keeps_secret(connector: Connector | None, key: str) -> bool:
    """The API keeps the secret `key` when an update omits it; other connectors lose it."""
    known = connector.properties.get(key) if connector and connector.family == "api" else None
    return known is not None and known.secret


def hidden_keys(declared: Declared, live: ApiObject) -> Iterator[str]:
    """The declared properties whose values the live object does not show, though the API could show them.

    It never shows what is write-only, shows its own value where it assigns one, and null for what has no effect.
    """
    config = config_of(live)
    for key, value in declared.config.items():
        known = declared.known(key)
        if blank(known, value) or not hidden(declared.about, key, config.get(key)):
            continue
        never = known is not None and (known.write_only or known.server_assigned)
        if not never and has_effect_in(declared.about, key, declared.config):
            yield key


TOLERANCE = timedelta(seconds=2)
"""The API's servers may disagree on the time by this much."""


def why_another(
    declared: Declared,
    live: ApiObject,
    who: Whoami | None,
    since: datetime | None,
    tolerance: timedelta = TOLERANCE,
) -> str | None:
    """Why `live`, which has the name, may not be the object that was asked for; None where it can only be that.

    Args:
        declared: what was asked for, secrets included.
        live: as the API shows it by its id, with its secrets.
        who: the account of the credentials; None where the API does not say.
        since: when it was asked for, by the server's clock. Where that is not known, no object is recognised.
        tolerance: how much older an object may be all the same.
    """
    other = _why_another_config(declared, live, who)
    if other:
        return other
    created = moment(created_at(live))
    if since is None or created is None:
        return "it may have been created before"
    if created < since - tolerance:
        return f"it was created before that, at {created_at(live)}"
    return why_other_than_declared(declared, live, who)


def may_be_it(declared: Declared, live: ApiObject, who: Whoami | None, since: datetime | None) -> bool:
    """Nothing that the API shows rules out that `live` is the object that was asked for."""
    created = moment(created_at(live))
    older = since is not None and created is not None and created < since - TOLERANCE
    return not older and _why_another_config(declared, live, who) is None


def why_other_than_declared(declared: Declared, live: ApiObject, who: Whoami | None) -> str | None:
    """Why `live` may not be what is declared, whenever it was created; None where it can only be that.

    What the API does not show of it may be anything: it belongs to nobody but its creator.
    """
    other = _why_another_config(declared, live, who)
    if other:
        return other
    keys = sorted(hidden_keys(declared, live))
    return f"Streamkap does not show what it holds: {', '.join(keys)}" if keys else None


def _why_another_config(declared: Declared, live: ApiObject, who: Whoami | None) -> str | None:
    if other := replaced_field(declared, live):
        return f"its {other.name} is {other.live(live)}, not {declared.get(other.name)}"
    if is_elsewhere(live, who):
        return "it belongs to another tenant or project than the credentials"
    origin, declared_origin = origin_of(live), declared.get("created_from")
    allowed = declared.kind.by_name.get("created_from")
    if allowed and allowed.type.readable(origin) and origin != declared_origin:
        return f"it was created from {origin!r}, not from {declared_origin!r}"
    differing = sorted(differing_keys(declared, live))
    return f"it holds other values than declared: {', '.join(differing)}" if differing else None


def moment(timestamp: str | None) -> datetime | None:
    """The moment that an ISO 8601 string states, in whole seconds; None where it cannot be read."""
    found = values.moment(timestamp or "")
    return found.replace(microsecond=0) if found else None


def age(api: Streamkap, seen: ApiObject) -> str:
    """How old the object is by the server's clock, such as ``3 s`` or ``12 days``; empty where that is not known."""
    created = moment(created_at(seen))
    if created is None:
        return ""
    elapsed = ((api.server_time() or datetime.now(timezone.utc)) - created).total_seconds()
    days = int(elapsed // 86400)
    return f"{days} days" if days > 1 else shown(max(1.0, elapsed))


def described(api: Streamkap, seen: ApiObject) -> str:
    """What distinguishes an object from others of its name: id, connector, age and origin, as far as they are known."""
    code, old, origin = connector_of(seen), age(api, seen), origin_of(seen)
    created = "".join([f" {old} ago" if old else "", f" by {origin}" if origin else ""])
    facts = [f"id {seen.id}", f"connector {code}" if code else "", f"created{created}" if created else ""]
    return ", ".join(fact for fact in facts if fact)
