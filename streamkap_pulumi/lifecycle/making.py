"""Making a source, also where the answer to the POST is lost: it is found again, and never made twice.

The API has no idempotency key, but a name is unique in its tenant. So a source that bears exactly the name that we
asked for, was made since we asked by the server's own clock, and holds what we declared is the one that we asked for;
and asking again cannot make a second one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from streamkap_pulumi.api.errors import (
    APIError,
    GatewayError,
    NoAnswerError,
    ServerError,
    StreamkapError,
    UnreadableAnswerError,
)
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.durations import shown
from streamkap_pulumi.lifecycle.errors import NameTakenError, UnknownOutcomeError
from streamkap_pulumi.lifecycle.matching import differing_keys
from streamkap_pulumi.lifecycle.waiting import paced

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector

_UNCERTAIN = (NoAnswerError, ServerError, UnreadableAnswerError)
"""After these the source may have been made, or may be made in a moment."""
_ASK_AGAIN = (NoAnswerError, GatewayError, UnreadableAnswerError)
"""Of these, the ones where nobody said that it failed."""

LOOK_FOR = 20.0
"""Seconds for which a source is looked for after each try: a request that is under way may take a while."""
MOST_TRIES = 3
_TOLERANCE = timedelta(seconds=2)
"""The API's servers need not agree on the time to the second."""


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
            if not isinstance(error, _UNCERTAIN):
                raise
            lost = error
        except _UNCERTAIN as error:
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
        made = _moment(each.created_timestamp)
        if since is None or made is None or made < since - _TOLERANCE or each.connector != declared.connector:
            continue
        who = who or api.whoami()
        belongs = each.tenant_id in {None, who.tenant_id} and each.service_id in {None, who.service_id}
        if belongs and not any(differing_keys(declared, each)):
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
        holders = list(context.api.sources.named(declared.name))
    except StreamkapError:
        holders = []
    if not holders:
        return NameTakenError(
            f"{taken}, though the list of this project's sources does not show it{request}: it belongs to another "
            f"project of the tenant, or is a leftover of a failed deployment.{before} Choose another name, or ask "
            "Streamkap to remove it.",
            operation=error.operation,
        )
    holder = holders[0]
    age = _age(context.api, holder.created_timestamp)
    return NameTakenError(
        f"{taken}: id {holder.id}, connector {holder.connector}{f', made {age} ago' if age else ''}{request}. "
        f"It is not touched.{before} Choose another name, or delete it in Streamkap if nobody needs it.",
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


def _moment(timestamp: str | None) -> datetime | None:
    # Python 3.10 reads no fractions but of three or six digits; whole seconds will do.
    text = re.sub(r"\.\d+", "", timestamp or "").replace("Z", "+00:00")
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return made if made.tzinfo else made.replace(tzinfo=timezone.utc)


def _age(api: Streamkap, timestamp: str | None) -> str:
    made = _moment(timestamp)
    if made is None:
        return ""
    elapsed = ((api.server_time() or datetime.now(timezone.utc)) - made).total_seconds()
    days = int(elapsed // 86400)
    return f"{days} days" if days > 1 else shown(max(0.0, elapsed))
