"""Whether a live object can only be the one that was asked for: by what it holds, as far as the API shows, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
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
    from streamkap_pulumi.lifecycle.declared import Declared


TOLERANCE = timedelta(seconds=2)
"""The API's servers may disagree on the time by this much."""


def hidden(connector: Connector | None, key: str, value: Any) -> bool:
    """The API does not show the property: null, or a mask of a secret."""
    return value is None or is_mask(value, secret=is_secret(connector, key))


def has_effect_in(connector: Connector | None, key: str, config: Mapping[str, Any]) -> bool:
    """The property has an effect in `config`, as far as the catalogue knows; otherwise the API may not show it."""
    described = connector.described(key) if connector else None
    return connector is None or described is None or has_effect(connector, described, config)


def differing_keys(declared: Declared, live: ApiObject) -> Iterator[str]:
    """The declared properties that the live object shows with another meaning.

    What is not shown does not differ: that is right for drift, and not enough to decide whose an object is.
    """
    config = config_of(live)
    for key, value in declared.config.items():
        now = config.get(key)
        if not hidden(declared.about, key, now) and not same(declared.known(key), value, now, key=key):
            yield key


def _differing_inputs(declared: Declared, live: ApiObject) -> Iterator[str]:
    """Of a kind without a config: the inputs that the live object shows with another meaning."""
    return (each.name for each in declared.kind.inputs if each.drifts and declared.differs(each, live))


@dataclass(frozen=True)
class SetOnce:
    """What can be set only once, and differs."""

    path: str
    live: Any
    declared: Any


def set_once(declared: Declared, live: ApiObject) -> Iterator[SetOnce]:
    """What no update can change, and in which the live object differs from what is declared."""
    for each in declared.kind.inputs:
        if each.change is Change.REPLACE and each.live(live) != declared.get(each.name):
            yield SetOnce(each.name, each.live(live), declared.get(each.name))
    for key in differing_keys(declared, live):
        if (known := declared.known(key)) and known.set_once:
            yield SetOnce(f"config.{key}", config_of(live)[key], declared.config[key])


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


@dataclass(frozen=True)
class Asked:
    """When an object was asked for: what was there before cannot be it."""

    since: datetime | None = None
    """The moment, by the server's clock. Where that is not known, no object is recognised by its age."""
    before: Collection[str] | None = None
    """For a kind whose objects do not show their age: the ids of those that had the name already."""
    tolerance: timedelta = TOLERANCE
    """How much older an object may be all the same."""

    def why_older(self, live: ApiObject) -> str | None:
        """Why `live` was there before, as far as that is known."""
        if self.before is not None:
            return "it was there before" if live.id in self.before else None
        created = moment(created_at(live))
        is_older = self.since is not None and created is not None and created < self.since - self.tolerance
        return f"it was created before that, at {created_at(live)}" if is_older else None

    def why_perhaps_older(self, live: ApiObject) -> str | None:
        """Why `live` may have been there before; None where it certainly was not."""
        is_known = self.before is not None or (self.since is not None and moment(created_at(live)) is not None)
        return self.why_older(live) if is_known else "it may have been created before"


def why_another(declared: Declared, live: ApiObject, who: Whoami | None, asked: Asked) -> str | None:
    """Why `live`, which has the name, may not be the object that was asked for; None where it can only be that.

    Args:
        declared: what was asked for, secrets included.
        live: as the API shows it by its id, with its secrets.
        who: the account of the credentials; None where the API does not say.
        asked: when it was asked for.
    """
    other = _why_another_content(declared, live, who)
    return other or asked.why_perhaps_older(live) or why_other_than_declared(declared, live, who)


def may_be_it(declared: Declared, live: ApiObject, who: Whoami | None, asked: Asked) -> bool:
    """Nothing that the API shows rules out that `live` is the object that was asked for."""
    return asked.why_older(live) is None and _why_another_content(declared, live, who) is None


def why_other_than_declared(declared: Declared, live: ApiObject, who: Whoami | None) -> str | None:
    """Why `live` may not be what is declared, whenever it was created; None where it can only be that.

    What the API does not show of it may be anything: it belongs to nobody but its creator.
    """
    other = _why_another_content(declared, live, who)
    if other:
        return other
    keys = sorted(hidden_keys(declared, live))
    return f"Streamkap does not show what it holds: {', '.join(keys)}" if keys else None


def _why_another_content(declared: Declared, live: ApiObject, who: Whoami | None) -> str | None:
    if other := next(set_once(declared, live), None):
        return f"its {other.path} is {other.live}, not {other.declared}"
    if is_elsewhere(live, who):
        return "it belongs to another tenant or project than the credentials"
    origin, declared_origin = origin_of(live), declared.get("created_from")
    allowed = declared.kind.by_name.get("created_from")
    if allowed and allowed.type.readable(origin) and origin != declared_origin:
        return f"it was created from {origin!r}, not from {declared_origin!r}"
    has_config = "config" in declared.kind.by_name
    differing = sorted((differing_keys if has_config else _differing_inputs)(declared, live))
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
