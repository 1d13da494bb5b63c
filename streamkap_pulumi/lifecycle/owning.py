"""Whether a live source can only be the one that was asked for, and how old it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from streamkap_pulumi.lifecycle.declared import ORIGINS
from streamkap_pulumi.lifecycle.durations import shown
from streamkap_pulumi.lifecycle.matching import differing_keys, untold_keys
from streamkap_pulumi.lifecycle.tenancy import is_elsewhere

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector, Whoami
    from streamkap_pulumi.lifecycle.declared import Declared

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
