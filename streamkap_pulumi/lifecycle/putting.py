"""PUT, and the proof that it was applied: the answer may be lost, and the API may accept what it does not do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import (
    APIError,
    GatewayError,
    NoAnswerError,
    NotFoundError,
    PermissionDeniedError,
    StreamkapError,
    UnreadableAnswerError,
)
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.catalogue import Connector, find_connector
from streamkap_pulumi.config.live_schema import user_defined_keys
from streamkap_pulumi.config.spelling import is_computed_twin, is_secret
from streamkap_pulumi.config.values import canonical, is_mask
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import (
    PASSING,
    LifecycleError,
    NameTakenError,
    NotAppliedError,
    UnknownOutcomeError,
)
from streamkap_pulumi.lifecycle.matching import differing_keys
from streamkap_pulumi.lifecycle.waiting import paced

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector

READ_BACK_FOR = 10.0
"""Seconds for which an update is looked for that the API does not show yet."""


def put(
    context: Context, live: SourceConnector, was: Declared, declared: Declared, redaction: Redaction
) -> SourceConnector:
    """The answer to the PUT; where it was lost, the source as it is read back, if it is what was asked for.

    Raises:
        NameTakenError: another source has the name that this one is to have.
        UnknownOutcomeError: the answer was lost, and what was asked for is not to be seen.
        StreamkapError: the API refused.
    """

    def user_defined() -> Mapping[str, bool]:
        try:
            return user_defined_keys(context.api.sources.connectors(declared.connector))
        except (NotFoundError, PermissionDeniedError):
            return {}

    connector = find_connector(declared.connector)
    config = merged_config(connector, live.config or {}, was.config, declared.config, user_defined)
    try:
        return context.api.sources.update(
            live.id,
            name=declared.name,
            connector=declared.connector,
            config=config,
            kc_cluster_id=declared.kc_cluster_id if declared.kc_cluster_id != was.kc_cluster_id else None,
            tags=None if declared.tags == was.tags else declared.tags,
        )
    except (NoAnswerError, GatewayError, UnreadableAnswerError) as error:
        seen, differing = _read_back(context, declared, live)
        if differing:
            raise UnknownOutcomeError(
                f"{error.told(redaction.text)}, and Streamkap does not show what was asked for: "
                f"{', '.join(differing)}. Run `pulumi up` again: it sends the same once more.",
                operation=error.operation,
            ) from None
        context.report(f"source {declared.name!r} ({live.id}): it was updated, though the answer was lost")
        return seen
    except APIError as error:
        if error.name_is_taken:
            raise _name_taken(context, live, declared, error) from None
        raise


def _name_taken(context: Context, live: SourceConnector, declared: Declared, error: APIError) -> NameTakenError:
    """Two sources of a stack may want to swap their names, and the API takes one change at a time."""
    try:
        holder = next(iter(context.api.sources.named(declared.name)), None)
    except StreamkapError:
        holder = None
    by = f"by the source {holder.id}, connector {holder.connector}" if holder else "though no list shows by whom"
    request = f" (request id {error.request_id})" if error.request_id else ""
    return NameTakenError(
        f"the name {declared.name!r} is taken, {by}{request}; this source stays {live.name!r}, and nothing of it was "
        "changed. If that one gives the name up in this very run, run `pulumi up` again. If the two swap their names, "
        "give one of them a name that nobody has, run `pulumi up`, and then give it the other's name.",
        operation=error.operation,
    )


def applied(context: Context, declared: Declared, seen: SourceConnector) -> SourceConnector:
    """`seen`, where it was read after the update and is what was asked for; else what is read back.

    Raises:
        NotAppliedError: it does not become what was asked for.
    """
    if declared.wait and not _differing(declared, seen):
        return seen
    seen, differing = _read_back(context, declared, seen)
    if differing:
        raise NotAppliedError(
            f"Streamkap accepted the update and did not apply it: {', '.join(differing)} did not become what was "
            "asked for. Look at the source in Streamkap's web page, and run `pulumi up` again.",
            operation=f"PUT /sources/{seen.id}",
        )
    return seen


def _read_back(context: Context, declared: Declared, last: SourceConnector) -> tuple[SourceConnector, list[str]]:
    """The source once it is what was asked for, or as it is after a while, with what it is not."""
    for waited, _ in paced(context, READ_BACK_FOR):
        try:
            last = context.api.sources.get(last.id)
        except PASSING:
            if waited >= READ_BACK_FOR:
                raise
            continue
        differing = _differing(declared, last)
        if not differing or waited >= READ_BACK_FOR:
            return last, differing
    raise AssertionError("paced() never ends by itself")


def _differing(declared: Declared, seen: SourceConnector) -> list[str]:
    """What was asked for and is not to be seen: properties by their keys, `name` and `tags`."""
    found = list(differing_keys(declared, seen))
    if seen.name is not None and seen.name.strip() != declared.name.strip():
        found.append("name")
    if declared.tags and seen.tags is not None and set(seen.tags) != set(declared.tags):
        found.append("tags")
    return found


def merged_config(
    connector: Connector | None,
    live: Mapping[str, Any],
    was: Mapping[str, Any],
    declared: Mapping[str, Any],
    user_defined: Callable[[], Mapping[str, bool]],
) -> dict[str, Any]:
    """The config to send: the live one, the declared keys over it, null for keys that are no longer declared.

    Args:
        connector: what the catalogue knows of the connector; None for one that it does not know.
        live: the live config, secrets in clear.
        was: the config as it was declared last time.
        declared: the config as it is declared now.
        user_defined: asks the API which keys are its users' (`GET /sources/connectors`); called for keys that the
            catalogue does not know.

    Raises:
        LifecycleError: the API masks a secret that is not declared. Sent back, the mask would become the secret.
    """
    carried: dict[str, Any] = {}
    newer: dict[str, Any] = {}
    for key, value in live.items():
        if value is None or key in declared or key in was:
            continue
        known = connector.properties.get(key) if connector else None
        if (known and known.server_assigned) or (connector and is_computed_twin(connector, key)):
            continue
        if is_mask(value, secret=is_secret(connector, key)):
            raise LifecycleError(
                f"Streamkap shows only a mask of the secret property {key!r}, which is set and not declared here. "
                "An update would overwrite the secret with its mask, so nothing was sent. Declare the property in "
                "the source's config."
            )
        (carried if known else newer)[key] = canonical(known, value)
    if newer:
        schema = user_defined()
        carried |= {key: value for key, value in newer.items() if not schema or schema.get(key)}
    dropped: dict[str, Any] = {key: None for key in was if key not in declared}
    return carried | dict(declared) | dropped
