"""The config that an update sends: the API replaces the whole of it, and others set properties as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streamkap_pulumi.api.errors import NotFoundError, PermissionDeniedError
from streamkap_pulumi.config.catalogue import Condition, Connector, Property
from streamkap_pulumi.config.conditions import has_effect
from streamkap_pulumi.config.live_schema import user_defined_keys
from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.spelling import is_computed_twin
from streamkap_pulumi.config.values import blank, canonical, cleared, is_mask, same
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.identity import keeps_secret


def merged_config(
    noun: str,
    connector: Connector | None,
    live: Mapping[str, Any] | None,
    was: Mapping[str, Any],
    declared: Mapping[str, Any],
    *,
    users_keys: Callable[[], Mapping[str, bool]],
) -> dict[str, Any]:
    """The config to send: the live one, the declared keys over it, and what clears keys that are no longer declared.

    Args:
        noun: what messages call the object.
        connector: what the catalogue knows of the connector; None for one that it does not know.
        live: the live config, secrets in clear; None where the API does not show it.
        was: the config as it was declared last time.
        declared: the config as it is declared now.
        users_keys: asks the API which keys are for users (`GET /sources/connectors`); called for keys that the
            catalogue does not know.

    Raises:
        LifecycleError: the API does not show something that is set and not declared, so that it would be wiped, or
            overwritten with its mask.
    """
    if live is None or (not live and was):
        raise LifecycleError(
            f"Streamkap does not show the {noun}'s config. A PUT replaces the whole of it, so what is set and not "
            "declared here would be lost. Nothing was sent. Run `pulumi up` again; if this persists, report it to "
            "Streamkap."
        )
    carried: dict[str, Any] = {}
    newer: dict[str, Any] = {}
    for key, value in live.items():
        known = connector.properties.get(key) if connector else None
        if value is None or key in declared or (key in was and not (known and known.set_once)):
            continue
        if keeps_secret(connector, key):
            continue
        if (known and known.server_assigned) or (connector and is_computed_twin(connector, key)):
            continue
        if is_mask(value, secret=is_secret(connector, key)):
            raise LifecycleError(
                f"Streamkap shows only a mask of the secret property {key!r}, which is set and not declared here. "
                "An update would overwrite the secret with its mask, so nothing was sent. Declare the property in "
                f"the {noun}'s config."
            )
        (carried if known else newer)[key] = canonical(known, value)
    if newer:
        schema = users_keys()
        carried |= {key: value for key, value in newer.items() if not schema or schema.get(key)}
    properties = connector.properties if connector else {}
    dropped = {key: cleared(properties.get(key)) for key in was if key not in declared and key not in carried}
    config = carried | dict(declared) | dropped
    if connector and connector.family == "api":
        return _without_kept_secrets(connector, config, live, was)
    if connector:
        _refuse_hidden_secret(noun, connector, config, dropped)
    return config


def _without_kept_secrets(
    connector: Connector, config: Mapping[str, Any], live: Mapping[str, Any], was: Mapping[str, Any]
) -> dict[str, Any]:
    """`config` without the secrets that the API has already.

    What it has may be newer than what is declared, such as a token that was renewed, and it refuses a used grant. So a
    secret is sent when its declared value changes, and when what it belongs to does: then the API would refuse to keep
    it, or has dropped it. Null clears one that is no longer declared.
    """
    moved = any(known.binds_secrets and _moves(known, config, live, was) for known in connector.properties.values())

    def is_sent(key: str) -> bool:
        known = connector.properties.get(key)
        if known is None or not known.secret:
            return True
        value = config[key]
        if value is None:
            return not known.single_use and has_effect(connector, known, config)
        return not same(known, value, was.get(key)) or (moved and not known.single_use)

    return {key: value for key, value in config.items() if is_sent(key)}


def _moves(known: Property, config: Mapping[str, Any], live: Mapping[str, Any], was: Mapping[str, Any]) -> bool:
    """The property changes, from what it is or from what was declared; omitted, it has the server's default."""
    now, *before = (
        known.default if blank(known, each.get(known.key)) else each[known.key] for each in (config, live, was)
    )
    return any(not blank(known, each) and not same(known, now, each) for each in before)


def user_defined(context: Context, code: str) -> Mapping[str, bool]:
    """By key, whether it is for users, as the API says; nothing where it does not say so to these credentials."""
    try:
        return user_defined_keys(context.objects.connectors(code))
    except (NotFoundError, PermissionDeniedError):
        return {}


def _refuse_hidden_secret(
    noun: str, connector: Connector, config: Mapping[str, Any], dropped: Mapping[str, Any]
) -> None:
    """Refuse a config without a secret that must be set: the API shows it as null.

    For a secret that may be unset, null says nothing.
    """
    for key, known in connector.properties.items():
        if not known.secret or known.server_assigned or key in dropped or not blank(known, config.get(key)):
            continue
        because = _needed(noun, connector, known, config)
        if because:
            raise LifecycleError(
                f"Streamkap does not show the secret property {key!r}, which must be set, since {because}, and is not "
                f"declared here. An update would wipe it, so nothing was sent. Declare the property in the {noun}'s "
                "config."
            )


def _needed(noun: str, connector: Connector, known: Property, config: Mapping[str, Any]) -> str:
    """Why the secret `known` must be set; empty where it may be unset."""
    if known.required and not known.conditions:
        return f"every {noun} of {connector.code} has it"
    if known.required_if_shown and known.conditions and all(_met(connector, each, config) for each in known.conditions):
        return f"the {noun}'s {known.conditions[0].config!r} requires it"
    return ""


def _met(connector: Connector, condition: Condition, config: Mapping[str, Any]) -> bool:
    """The config itself says so: a default does not prove that anybody set something."""
    switch = connector.properties.get(condition.config)
    value = config.get(condition.config)
    if condition.operator == "IN":
        return any(same(switch, value, each) for each in condition.value)
    return condition.operator == "EQ" and same(switch, value, condition.value)
