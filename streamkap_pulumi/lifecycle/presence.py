"""The live source, or a readable error: whether it is really gone, and who has a name.

Another tenant's or project's credentials, or another host, do not see a source either. So "gone" is believed only from
where the source was recorded; the API is asked which account the credentials belong to, and only after a miss.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import (
    NAME_TAKEN_STATUSES,
    APIError,
    NotFoundError,
    PermissionDeniedError,
    StreamkapError,
)
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import CLIENT, HOST
from streamkap_pulumi.lifecycle.errors import LifecycleError, SourceGoneError, WrongTenantError

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector, Whoami


def whose(api: Streamkap) -> Whoami | None:
    """Whose the credentials are (`GET /auth/whoami`); None where the API has no such route.

    Raises:
        StreamkapError: the API cannot be asked, or refuses.
    """
    try:
        return api.whoami()
    except NotFoundError:
        return None


def is_elsewhere(live: SourceConnector, who: Whoami | None) -> bool:
    """Whether the source says of itself that it is of another tenant or project than `who`, as far as that is known."""
    if who is None:
        return False
    return live.tenant_id not in {None, who.tenant_id} or live.service_id not in {None, who.service_id}


def seen_from(api: Streamkap) -> dict[str, str]:
    """What is recorded of the place that a source is seen from: the host, and a digest of it with the client id.

    An API token belongs to one project of one tenant, so what one of them does not see any more is gone, though the
    API may not tell whose it is. The digest keeps the client id out of the state.
    """
    known = f"{api.host}\n{api.client_id}"
    return {HOST: api.host, CLIENT: hashlib.sha256(known.encode()).hexdigest()[:16]}


def believe_gone(api: Streamkap, source_id: str, recorded: Mapping[str, Any]) -> None:
    """Return when the API's "there is none" can be believed (`GET /auth/whoami`).

    Where the API does not tell whose the credentials are, it can if they are those that the source was recorded with.

    Raises:
        WrongTenantError: host, tenant or project are not the recorded ones, or cannot be compared.
    """
    unseen = f"Source {(recorded.get('name') or source_id)!r} ({source_id}) is not to be seen"
    host = recorded.get(HOST)
    if host and host != api.host:
        raise WrongTenantError(
            f"{unseen} at {api.host}; it was made at {host}. It is not taken for deleted. "
            f"Set streamkap:host (or STREAMKAP_HOST) back. {_TRULY_GONE}"
        )
    same_client = recorded.get(CLIENT) == seen_from(api)[CLIENT]
    try:
        who = api.whoami()
    except (NotFoundError, PermissionDeniedError) as error:
        # A 403 is another matter: who may no longer ask that may no longer see the source, either.
        if same_client and isinstance(error, NotFoundError):
            return
        raise WrongTenantError(
            f"{unseen}, and Streamkap does not tell whose these credentials are ({error.operation} answered "
            f"{error.status}), so it is not taken for deleted. {_TRULY_GONE}"
        ) from None
    for thing, theirs, ours in (
        ("tenant", recorded.get("tenant_id"), who.tenant_id),
        ("project", recorded.get("service_id"), who.service_id),
    ):
        is_known = bool(theirs and ours)
        # A token need not belong to a project; to a tenant it does.
        is_same = theirs == ours and (is_known or thing == "project")
        if not is_same and (is_known or not same_client):
            raise WrongTenantError(f"{unseen}{_why_another(thing, theirs, ours)}")


_TRULY_GONE = "If the source is truly gone, `pulumi state delete` its URN."


def _why_another(thing: str, theirs: str | None, ours: str | None) -> str:
    """Why the source's `thing` need not be that of the credentials, and the next step."""
    if not theirs:
        return (
            f", and its state does not tell which {thing} it belongs to, so it is not taken for deleted. {_TRULY_GONE}"
        )
    if not ours:
        return (
            f", and Streamkap does not tell which {thing} these credentials belong to; the source belongs to {theirs}. "
            f"It is not taken for deleted. {_TRULY_GONE}"
        )
    return (
        f" with these credentials: they belong to the {thing} {ours}, the source to the {thing} {theirs}. "
        f"It is not taken for deleted. Use the credentials of its own {thing} "
        "(streamkap:clientId and streamkap:secret, or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET)."
    )


def look(context: Context, source_id: str, recorded: Mapping[str, Any]) -> SourceConnector:
    """The source as it is now, with its secrets.

    Raises:
        SourceGoneError: it was deleted behind the stack's back.
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
        StreamkapError: the API could not be asked, or refused.
    """
    try:
        return context.api.sources.get(source_id)
    except NotFoundError as error:
        believe_gone(context.api, source_id, recorded)
        raise SourceGoneError(
            "it was deleted behind the stack's back. Run `pulumi refresh`, then `pulumi up` to create it again.",
            operation=error.operation,
        ) from None


def raise_if_gone(context: Context, source_id: str, recorded: Mapping[str, Any], error: APIError) -> None:
    """Where `error` says that something is missing, and it is the source itself.

    Raises:
        SourceGoneError: it was deleted behind the stack's back.
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
    """
    if error.says_missing and not error.html:
        try:
            look(context, source_id, recorded)
        except LifecycleError:
            raise
        except StreamkapError:
            return


def taken(api: Streamkap, name: str, error: APIError, *, but: str | None = None) -> bool:
    """Whether `error` refuses a write because another source has the `name`.

    The API is known to refuse without a word. Then it is the reason if the list shows such a source, other than `but`.
    """
    if error.name_is_taken:
        return True
    if error.reason or error.status not in NAME_TAKEN_STATUSES:
        return False
    try:
        return any(row.id != but for row in api.sources.named(name))
    except StreamkapError:
        return False
