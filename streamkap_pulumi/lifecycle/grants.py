"""Grants: values of the config that are good for one request, such as the one of an OAuth sign-in.

A grant that is recorded, or was, is spent: it is never sent again, and what needs one needs a new one. A request that
carries a new one is not sent twice, since its answer may be lost after the grant was used. An update that fails after
it was sent records the grant as spent all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import (
    AuthenticationError,
    ConnectionFailedError,
    InterruptedRunError,
    InvalidRequestError,
    RateLimitedError,
    StreamkapError,
)
from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.config.conditions import Conditions
from streamkap_pulumi.config.spelling import Spelling
from streamkap_pulumi.config.validation import Fault
from streamkap_pulumi.config.values import Unknown, blank, has_unknown, same
from streamkap_pulumi.config.wording import joined
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.keys import NOT_READY, SPENT_GRANTS

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind

_NOT_ACTED_ON = (AuthenticationError, ConnectionFailedError, InterruptedRunError, RateLimitedError)

AFTER_A_TRY = (
    "The request carried {keys}, which is good for one request and may be used up: sign in to the service again in "
    "Streamkap, declare the new grant, and run `pulumi up`."
)


def grants_in(connector: Connector | None, config: Any) -> dict[str, Any]:
    """The grants in a config, by their keys."""
    if not connector or not isinstance(config, Mapping):
        return {}
    return {key: config[key] for key, known in connector.properties.items() if known.single_use and config.get(key)}


def new_grants(connector: Connector | None, was: Mapping[str, Any], declared: Mapping[str, Any]) -> list[str]:
    """The keys of the grants that are `declared` and were not before: only these are sent."""
    spent = grants_in(connector, was)
    return [key for key, grant in grants_in(connector, declared).items() if spent.get(key) != grant]


def spent_since(kind: Kind, recorded: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, list[str]]:
    """What to record besides the `declared` config: the grants that were used and are not in it, as digests.

    Without it a grant that left the program could come back, and be taken for a new one.
    """
    connector = kind.connector(recorded.get("connector"))
    now, then = digests_in(connector, declared), digests_in(connector, recorded.get("config"))
    found = [each for each in dict.fromkeys([*_spent_before(recorded), *then]) if each not in now]
    return {SPENT_GRANTS: found} if found else {}


def spent_in_vain(recorded: Mapping[str, Any], config: Mapping[str, Any], keys: Iterable[str]) -> dict[str, list[str]]:
    """What to record where an update was sent, and may or may not have used the grants of these `keys` of `config`."""
    return {SPENT_GRANTS: list(dict.fromkeys([*_spent_before(recorded), *(digest(config[key]) for key in keys)]))}


def _spent_before(recorded: Mapping[str, Any]) -> list[str]:
    found = recorded.get(SPENT_GRANTS)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def digest(grant: Any) -> str:
    """What stands for a grant where it is not to be kept."""
    return hashlib.sha256(str(grant).encode()).hexdigest()


def digests_in(connector: Connector | None, config: Any) -> list[str]:
    """The digests of the grants in a config."""
    return [digest(grant) for grant in grants_in(connector, config).values()]


def faults(
    noun: str,
    connector: Connector,
    config: Mapping[str, Any],
    recorded: Mapping[str, Any] | None,
    unknown: Unknown,
    *,
    spelling: Spelling,
    unchecked: Collection[str] = (),
) -> Iterator[Fault]:
    """A grant that is missing where one is needed: to create the object, and to change what the old one belongs to.

    Args:
        noun: what messages call the object.
        connector: what the catalogue knows of the connector.
        config: values by real keys.
        recorded: the config of the last run; None where the object is to be created. It is empty where the object
            exists and nothing is recorded of it.
        unknown: whether a value is not known yet.
        spelling: how the user writes properties.
        unchecked: keys that the user vouches for.
    """
    conditions = Conditions(connector, config, unknown, unchecked)
    for known in connector.properties.values():
        grant = config.get(known.key)
        needed = known.required_at_create and known.key not in unchecked and not has_unknown(grant, unknown)
        if not needed or any(conditions.holds(each) is not True for each in known.conditions):
            continue
        name = spelling.of(connector, known.key)
        if recorded is None:
            if blank(known, grant):
                yield Fault(known.key, f"it is missing; {connector.code} needs it to create the {noun}")
            continue
        moved = [
            spelling.of(connector, each.key)
            for each in connector.properties.values()
            if each.binds_secrets and recorded and not conditions.hiding(each) and _moved(each, recorded, conditions)
        ]
        if moved and (blank(known, grant) or same(known, grant, recorded.get(known.key))):
            which = "it is missing" if blank(known, grant) else "this one was used before"
            yield Fault(
                known.key,
                f"{which}, and a change of {joined(moved)} needs a new grant in the same update; sign in to the "
                f"service again in Streamkap, and declare the new {name}",
            )


def _moved(known: Property, recorded: Mapping[str, Any], conditions: Conditions) -> bool:
    """It certainly changes, the server's own default counted as a value."""
    before, now = (
        known.default if blank(known, each) else each
        for each in (recorded.get(known.key), conditions.config.get(known.key))
    )
    if has_unknown(before, conditions.unknown) or has_unknown(now, conditions.unknown):
        return False
    return not same(known, before, now)


def refuse_resending(kind: Kind, recorded: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    """Refuse an update with a grant that was used, left the program and has come back.

    Args:
        kind: of the object.
        recorded: the recorded outputs.
        declared: the `grants_in` what is declared now.

    Raises:
        LifecycleError: there is one.
    """
    for key, grant in declared.items():
        if digest(grant) not in _spent_before(recorded):
            continue
        if recorded.get(NOT_READY):
            raise LifecycleError(
                f"config.{key}: this grant was sent before, by an update that failed. It is good for one request and "
                "may be used up. Sign in to the service again in Streamkap, and declare the new grant."
            )
        raise LifecycleError(
            f"config.{key}: this grant was used before, and is good for one request. Omit it, since the "
            f"{kind.noun} is signed in; or sign in to the service again in Streamkap, and declare the new grant."
        )


def refuse_spent(kind: Kind, recorded: Mapping[str, Any], new: Iterable[Any]) -> None:
    """Refuse a replacement that would be created with the grant by which the old object was signed in.

    Args:
        kind: of the object.
        recorded: the recorded outputs of the object that is to be deleted.
        new: the grants of what is to be created.

    Raises:
        LifecycleError: it would.
    """
    spent = spent_since(kind, recorded, {}).get(SPENT_GRANTS, [])
    if any(digest(grant) in spent for grant in new):
        connector = kind.connector(recorded.get("connector"))
        keys = [f"config.{key}" for key, known in connector.properties.items() if known.single_use] if connector else []
        raise LifecycleError(
            f"{joined(keys)}: this grant was already used for the existing {kind.noun}: the {kind.noun} "
            "would be deleted and could not be created again, so nothing was deleted. Sign in to the service again in "
            "Streamkap, and declare the new grant."
        )


def may_be_acted_on(error: StreamkapError) -> bool:
    """Whether a request that changes something was sent, and was not refused before the API read its content."""
    method, _, _ = (error.operation or "").partition(" ")
    if method not in {"POST", "PUT"} or isinstance(error, _NOT_ACTED_ON):
        return False
    # Its shape is checked before anything is done with it.
    return not (isinstance(error, InvalidRequestError) and any(error.issues()))


def after_a_try(kind: Kind, error: StreamkapError, inputs: Mapping[str, Any], recorded: Mapping[str, Any]) -> str:
    """What to do about the grant that a failed request carried; empty where none did, or none was acted on.

    Args:
        kind: of the object.
        error: how the request ended.
        inputs: the checked inputs.
        recorded: the recorded outputs; empty for an object that is new.
    """
    if not may_be_acted_on(error):
        return ""
    connector = kind.connector(inputs.get("connector"))
    config, was = inputs.get("config"), recorded.get("config")
    keys = new_grants(connector, was if isinstance(was, Mapping) else {}, config if isinstance(config, Mapping) else {})
    return AFTER_A_TRY.format(keys=joined([f"config.{key}" for key in keys])) if keys else ""
