"""The rules for connectors that poll a service's API: how they sign in, and how their values come back.

A PUT that leaves their secrets out keeps them, unless it changes the sign-in or the address that they belong to. A
grant of the service's Connect sign-in is good for one request. The messages are invented here; only the status 403 and
the rules are known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.calls import Call, Problem
from streamkap_pulumi.emulator.properties import holds, shown, split_list, unset
from streamkap_pulumi.emulator.store import Record, Store

_MODE = "auth_mode"
_FILLED = {"google_ads": "refresh_token"}
"""The secret that a grant fills in, and that readers see."""


def is_api(connector: Connector) -> bool:
    """Whether the connector polls a service's API."""
    return connector.family == "api"


def kept_secrets(connector: Connector, record: Record, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The stored secrets that a PUT leaves out and that stay: none when the way of signing in changes.

    Raises:
        Problem: the source should read from another place, but its secret was not sent again.
    """
    if _changed(connector, record.config, sent, _MODE):
        return {}
    public = without_secrets(connector, record.config)
    kept = {key: value for key, value in record.config.items() if key not in public and key not in sent}
    moved = [
        key
        for key, known in connector.properties.items()
        if known.binds_secrets and key != _MODE and _changed(connector, record.config, sent, key)
    ]
    if moved and (kept or (record.signed_in and not any(sent.get(grant.key) for grant in _grants(connector)))):
        what = ", ".join(sorted(kept)) or "a new sign-in"
        raise Problem(400, f"'{moved[0]}' was changed, so stored credentials are not used for it. Send: {what}")
    return kept


def without_secrets(connector: Connector, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config without its secrets: a merging PUT checks only the secrets that it sends."""
    secrets = {key for key, known in connector.properties.items() if known.secret}
    return {key: value for key, value in config.items() if key not in secrets}


def refuse_strange_secrets(connector: Connector, sent: Mapping[str, Any]) -> None:
    """400 for a secret that the config's way of signing in does not use."""
    for key, known in connector.properties.items():
        if known.refused_if_hidden and not unset(sent.get(key)) and not shown(connector, known, sent):
            raise Problem(400, f"'{key}' is not used with {_MODE} '{_mode(connector, sent)}'")


def sign_in(call: Call, store: Store, connector: Connector, config: dict[str, Any], record: Record | None) -> bool:
    """Use up the grant in `config` and take it out; returns whether the source is signed in by a grant from then on.

    Raises:
        Problem: the grant cannot be used, one is needed, or the deployment is refused.
    """
    signed_in = record is not None and record.signed_in and not _changed(connector, record.config, config, _MODE)
    for known in _grants(connector):
        grant = config.pop(known.key, None)
        if not holds(connector, known.conditions, config):
            signed_in = False
            continue
        if not unset(grant):
            _spend(call, store, str(grant))
            signed_in = True
            if filled := _FILLED.get(connector.code):
                config[filled] = f"1//{hashlib.sha256(str(grant).encode()).hexdigest()[:32]}"
        if not signed_in:
            raise Problem(
                403, f"Streamkap is not connected to {connector.display_name} yet. Connect it, and save it again."
            )
    refuse_deployment(call)
    return signed_in


def refuse_deployment(call: Call) -> None:
    """403, where the switch is on."""
    if call.on("deployment_refused"):
        raise Problem(
            403, "Your plan includes 3 API sources, and all of them are in use. Write to sales@streamkap.example."
        )


def warning(call: Call, connector: Connector, config: Mapping[str, Any]) -> str | None:
    """The warning in the answer to a create; None without one."""
    wanted = call.fault("connection_warning")
    if wanted == "off":
        return None
    text = f"{connector.display_name} did not answer yet; the first sync tries again."
    secrets = [str(config[key]) for key, known in connector.properties.items() if known.secret and config.get(key)]
    return f"{text} Signed in with {', '.join(secrets)}." if wanted == "secret" else text


def rewritten(known: Property, value: Any) -> Any:
    """The value as the server stores it. The rules are not the provider's own: a fault of those would not show."""
    if isinstance(value, list) or (known.type == "list" and isinstance(value, str)):
        return [_text(known.normalised, str(item)) for item in split_list(value)]
    return _text(known.normalised, value) if isinstance(value, str) else value


def _text(rule: str | None, text: str) -> str:
    if rule == "without act_" and text.startswith("act_"):
        return text[len("act_") :]
    if rule == "without dashes":
        return "".join(text.split("-"))
    if rule == "date-time":
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)
        except ValueError:
            return text
        return day.strftime("%Y-%m-%dT00:00:00+00:00")
    return text


def _grants(connector: Connector) -> Iterator[Property]:
    return (known for known in connector.properties.values() if known.single_use)


def _mode(connector: Connector, config: Mapping[str, Any]) -> Any:
    known = connector.properties.get(_MODE)
    value = config.get(_MODE)
    return known.default if known and unset(value) else value


def _changed(connector: Connector, before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> bool:
    if key == _MODE:
        return bool(_mode(connector, before) != _mode(connector, after))
    return bool(key in connector.properties and before.get(key) != after.get(key))


def _spend(call: Call, store: Store, grant: str) -> None:
    issued_at, spent = store.spend_grant(grant)
    if spent:
        raise Problem(400, "This sign-in was used already. Connect again, and use the new grant.")
    if issued_at is None and call.fault("grants") == "issued":
        raise Problem(400, "There is no such sign-in. Connect again, and use the new grant.")
    if issued_at is not None and clock.now() - issued_at > call.number("grant_ttl"):
        raise Problem(400, "This sign-in has expired. Connect again, and use the new grant.")
