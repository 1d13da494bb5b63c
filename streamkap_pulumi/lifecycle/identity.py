"""Whether a live source can only be the one that was asked for: what it holds, as far as the API shows it, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.conditions import has_effect
from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.values import blank, is_mask, same
from streamkap_pulumi.durations import shown
from streamkap_pulumi.lifecycle.declared import ORIGINS
from streamkap_pulumi.lifecycle.presence import is_elsewhere

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector, Whoami
    from streamkap_pulumi.config.catalogue import Connector
    from streamkap_pulumi.lifecycle.declared import Declared


def hidden(connector_code: str, key: str, value: Any) -> bool:
    """The API does not show the property: null, or a mask of a secret."""
    return value is None or is_mask(value, secret=is_secret(find_connector(connector_code), key))


def has_effect_of(connector_code: str, key: str, config: Mapping[str, Any]) -> bool:
    """The property has an effect in `config`, as far as the catalogue knows; else the API may not show it."""
    connector = find_connector(connector_code)
    described = connector.described(key) if connector else None
    return connector is None or described is None or has_effect(connector, described, config)


def differing_keys(declared: Declared, live: SourceConnector) -> Iterator[str]:
    """The declared properties that the live source shows with another meaning.

    What is not shown does not differ: that is right for drift, and not enough to tell whose a source is.
    """
    connector = find_connector(declared.connector)
    config = live.config or {}
    for key, value in declared.config.items():
        shown = config.get(key)
        known = connector.properties.get(key) if connector else None
        if not hidden(declared.connector, key, shown) and not same(known, value, shown, key=key):
            yield key


def drifted_keys(declared: Declared, live: SourceConnector) -> Iterator[str]:
    """The declared properties that somebody has changed since.

    Of a secret that the API keeps by itself another value is no sign of that: it may have renewed the token.
    """
    connector = find_connector(declared.connector)
    for key in differing_keys(declared, live):
        if not keeps_secret(connector, key):
            yield key


def keeps_secret(connector: Connector | None, key: str) -> bool:
    """The API keeps the secret `key` where an update leaves it out; of all other connectors it is lost."""
    known = connector.properties.get(key) if connector and connector.family == "api" else None
    return known is not None and known.secret


def untold_keys(declared: Declared, live: SourceConnector) -> Iterator[str]:
    """The declared properties of which the live source does not show what they are, though the API could show them.

    It never shows what is write-only, shows its own value where it assigns one, and null for what has no effect.
    """
    connector = find_connector(declared.connector)
    config = live.config or {}
    for key, value in declared.config.items():
        known = connector.properties.get(key) if connector else None
        if blank(known, value) or not hidden(declared.connector, key, config.get(key)):
            continue
        never = known is not None and (known.write_only or known.server_assigned)
        if not never and has_effect_of(declared.connector, key, declared.config):
            yield key


TOLERANCE = timedelta(seconds=2)
"""The API's servers need not agree on the time to the second."""


def why_another(
    declared: Declared,
    live: SourceConnector,
    who: Whoami | None,
    since: datetime | None,
    tolerance: timedelta = TOLERANCE,
) -> str | None:
    """Why `live`, which bears the name, need not be the source that was asked for; None where it can only be that.

    Args:
        declared: what was asked for, secrets included.
        live: as the API shows it by its id, with its secrets.
        who: whose credentials these are; None where the API does not tell.
        since: when it was asked for, by the server's clock. Where that is not known, none can be told apart.
        tolerance: by how much a source may be older all the same.
    """
    other = _why_another_config(declared, live, who)
    if other:
        return other
    made = moment(live.created_timestamp)
    if since is None or made is None:
        return "it is not known whether it was made before"
    if made < since - tolerance:
        return f"it was made before that, at {live.created_timestamp}"
    return why_other_than_declared(declared, live, who)


def may_be_it(declared: Declared, live: SourceConnector, who: Whoami | None, since: datetime | None) -> bool:
    """Nothing that the API tells speaks against it that `live` is the source that was asked for."""
    made = moment(live.created_timestamp)
    older = since is not None and made is not None and made < since - TOLERANCE
    return not older and _why_another_config(declared, live, who) is None


def why_other_than_declared(declared: Declared, live: SourceConnector, who: Whoami | None) -> str | None:
    """Why `live` need not be what is declared, whenever it was made; None where it can only be that.

    What the API does not show of it may be anything: it is nobody's but its maker's.
    """
    other = _why_another_config(declared, live, who)
    if other:
        return other
    untold = sorted(untold_keys(declared, live))
    return f"Streamkap does not show what it holds: {', '.join(untold)}" if untold else None


def _why_another_config(declared: Declared, live: SourceConnector, who: Whoami | None) -> str | None:
    if live.connector != declared.connector:
        return f"its connector is {live.connector}, not {declared.connector}"
    if is_elsewhere(live, who):
        return "it belongs to another tenant or project than the credentials"
    origin = (live.model_extra or {}).get("created_from")
    if origin in ORIGINS and origin != declared.created_from:
        return f"it was made from {origin!r}, not from {declared.created_from!r}"
    differing = sorted(differing_keys(declared, live))
    return f"it holds other values than declared: {', '.join(differing)}" if differing else None


def moment(timestamp: str | None) -> datetime | None:
    """The moment that an ISO 8601 text tells; None where it is none."""
    # Python 3.10 reads no fractions but of three or six digits; whole seconds will do.
    text = re.sub(r"\.\d+", "", timestamp or "").replace("Z", "+00:00")
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=timezone.utc)


def age(api: Streamkap, timestamp: str | None) -> str:
    """How old something made at `timestamp` is by the server's clock, such as ``3 s`` or ``12 days``; may be empty."""
    made = moment(timestamp)
    if made is None:
        return ""
    elapsed = ((api.server_time() or datetime.now(timezone.utc)) - made).total_seconds()
    days = int(elapsed // 86400)
    return f"{days} days" if days > 1 else shown(max(0.0, elapsed))
