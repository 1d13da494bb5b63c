"""Making a source, also where the answer to the POST is lost: it is found again, and never made twice.

The API has no idempotency key, but a name is unique in its tenant. So a source that bears exactly the name that we
asked for, was made since we asked by the server's own clock, and holds what we declared is the one that we asked for;
and asking again cannot make a second one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from streamkap_pulumi.api.errors import (
    APIError,
    GatewayError,
    NoAnswerError,
    StreamkapError,
    UnreadableAnswerError,
)
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.durations import shown
from streamkap_pulumi.lifecycle.errors import UNCERTAIN, NameTakenError, UnknownOutcomeError
from streamkap_pulumi.lifecycle.owning import age, why_another, why_other_than_declared
from streamkap_pulumi.lifecycle.waiting import paced

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector

_ASK_AGAIN = (NoAnswerError, GatewayError, UnreadableAnswerError)
"""Of these, the ones where nobody said that it failed."""

LOOK_FOR = 20.0
"""Seconds for which a source is looked for after each try: a request that is under way may take a while."""
MOST_TRIES = 3


def make(context: Context, declared: Declared) -> SourceConnector:
    """The source that is made now (`POST /sources`), found again where the answer was lost.

    Raises:
        NameTakenError: a source has the name already, and is not the one that was asked for. It is not touched.
        UnknownOutcomeError: in the end it is not known whether it was made.
        StreamkapError: it was not made.
    """
    since = _time_at_server(context.api)
    lost: StreamkapError | None = None
    for number in range(1, MOST_TRIES + 1):
        try:
            return _post(context.api, declared)
        except APIError as error:
            if error.name_is_taken:
                return _ours_or_taken(context, declared, since, error, lost)
            if not isinstance(error, UNCERTAIN):
                raise
            lost = error
        except UNCERTAIN as error:
            lost = error
        found = _look_for(context, declared, since, lost)
        if found is not None:
            return found
        if not isinstance(lost, _ASK_AGAIN):
            raise lost
        if number < MOST_TRIES:
            context.report(f"source {declared.name!r}: asking again for it, which its unique name makes safe")
    raise _unknown_outcome(context, lost)


def _time_at_server(api: Streamkap) -> datetime | None:
    """What time it is there before anything is asked for; None where the API does not tell."""
    if api.server_time() is None:
        api.authenticate()
    return api.server_time()


def _post(api: Streamkap, declared: Declared) -> SourceConnector:
    return api.sources.create(
        name=declared.name,
        connector=declared.connector,
        config=declared.config,
        created_from=declared.created_from,
        desired_state=declared.desired_state,
        kc_cluster_id=declared.kc_cluster_id,
        tags=declared.tags,
    )


def _look_for(
    context: Context, declared: Declared, since: datetime | None, lost: StreamkapError
) -> SourceConnector | None:
    """The source that was asked for, as soon as it is to be seen; None when it was not seen for a while."""
    clear = context.redaction.text
    trouble: StreamkapError | None = None
    for waited, tell in paced(context, LOOK_FOR):
        try:
            found = next(_ours(context.api, declared, since), None)
            trouble = None
        except StreamkapError as error:
            found, trouble = None, error
        if found is not None:
            context.report(f"source {declared.name!r} ({found.id}): it was made, though the answer was lost")
            return found
        if waited >= LOOK_FOR:
            return None
        if tell:
            why = trouble.told(clear) if trouble else lost.told(clear)
            context.report(f"source {declared.name!r}: looking whether it was made ({shown(waited)}): {why}")
    return None


def _ours(api: Streamkap, declared: Declared, since: datetime | None) -> Iterator[SourceConnector]:
    """Sources that can only be the one that was asked for. Without the server's time none can be told apart."""
    who = None
    for each in api.sources.named(declared.name, secret_returned=True):
        who = who or api.whoami()
        if why_another(declared, each, who, since) is None:
            yield each


def _ours_or_taken(
    context: Context, declared: Declared, since: datetime | None, error: APIError, lost: StreamkapError | None
) -> SourceConnector:
    """After a try whose answer was lost, "already exists" may be that try's own source."""
    if lost is not None:
        try:
            found = next(_ours(context.api, declared, since), None)
        except StreamkapError:
            raise _unknown_outcome(context, lost) from None
        if found is not None:
            return found
    raise _name_taken(context, declared, error, lost) from None


def _name_taken(context: Context, declared: Declared, error: APIError, lost: StreamkapError | None) -> NameTakenError:
    """Who has the name. The look-up is for the text only, so its own failure is no failure."""
    request = f" (request id {error.request_id})" if error.request_id else ""
    taken = f"A source named {declared.name!r} already exists"
    before = f" The first try to create it ended so: {lost.told(context.redaction.text)}." if lost else ""
    try:
        holders = list(context.api.sources.named(declared.name, secret_returned=True))
        equal = bool(holders) and why_other_than_declared(declared, holders[0], context.api.whoami()) is None
    except StreamkapError:
        holders, equal = [], False
    if not holders:
        return NameTakenError(
            f"{taken}, though the list of this project's sources does not show it{request}: it belongs to another "
            f"project of the tenant, or is a leftover of a failed deployment.{before} Choose another name, or ask "
            "Streamkap to remove it.",
            operation=error.operation,
        )
    holder = holders[0]
    old = age(context.api, holder.created_timestamp)
    origin = (holder.model_extra or {}).get("created_from")
    facts = [
        f"id {holder.id}",
        f"connector {holder.connector}",
        *([f"made {old} ago"] if old else []),
        *([f"made by {origin}"] if isinstance(origin, str) and origin else []),
    ]
    recover = (
        " It is just what is declared here: if a run of this stack was killed while it made it, `streamkap recover` "
        "brings it into the stack."
    )
    return NameTakenError(
        f"{taken}: {', '.join(facts)}{request}. It is not touched.{before}{recover if equal else ''} "
        f"To have this program manage it: `streamkap adopt RESOURCE {holder.id}`, with the resource's name in the "
        "program. Or choose another name, or delete it in Streamkap if nobody needs it.",
        operation=error.operation,
    )


def _unknown_outcome(context: Context, lost: StreamkapError | None) -> UnknownOutcomeError:
    clear = context.redaction.text
    return UnknownOutcomeError(
        f"it is not known whether it was made: {lost.told(clear) if lost else 'no answer came'}. It was asked for "
        f"{MOST_TRIES} times and looked for after each, and was not seen. Run `pulumi up` again: its name is unique, "
        "so it cannot be made twice; should it exist by then, the error tells its id.",
        operation=lost.operation if lost else None,
    )
