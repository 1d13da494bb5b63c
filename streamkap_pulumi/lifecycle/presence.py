"""Whether an object is really gone, and who has a name.

Another tenant's or project's credentials, or another host, do not show an object either. So "gone" is believed only
from where the object was recorded; the API is asked which account the credentials belong to only after a miss.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import (
    NAME_TAKEN_STATUSES,
    APIError,
    NotFoundError,
    PermissionDeniedError,
    StreamkapError,
)
from streamkap_pulumi.lifecycle.errors import GoneError, LifecycleError, WrongTenantError
from streamkap_pulumi.lifecycle.keys import CLIENT, HOST
from streamkap_pulumi.lifecycle.recorded import owner_in

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import ApiObject, Whoami
    from streamkap_pulumi.lifecycle.context import Context
    from streamkap_pulumi.lifecycle.declared import Declared


def account(api: Streamkap) -> Whoami | None:
    """The account that the credentials belong to (`GET /auth/whoami`); None where the API has no such route.

    Raises:
        StreamkapError: the API cannot be reached, or refuses.
    """
    try:
        return api.whoami()
    except NotFoundError:
        return None


def is_elsewhere(seen: ApiObject, who: Whoami | None) -> bool:
    """Whether the object says that it belongs to another tenant or project than `who`, as far as that is known."""
    if who is None:
        return False
    tenant, project = (getattr(seen, name, None) for name in ("tenant_id", "service_id"))
    return tenant not in {None, who.tenant_id} or project not in {None, who.service_id}


def seen_from(api: Streamkap) -> dict[str, str]:
    """What is recorded of the place that an object is read from: the host, and a digest of it with the client id.

    An API token belongs to one project of one tenant. So what the same token no longer shows is gone, even where the
    API does not say which account it belongs to. The digest keeps the client id out of the state.
    """
    known = f"{api.host}\n{api.client_id}"
    return {HOST: api.host, CLIENT: hashlib.sha256(known.encode()).hexdigest()[:16]}


def believe_gone(context: Context, object_id: str, recorded: Mapping[str, Any]) -> None:
    """Return when the API's "there is none" can be believed (`GET /auth/whoami`).

    Where the API does not say which account the credentials belong to, it can be if they are the recorded ones.

    Raises:
        WrongTenantError: host, tenant or project are not the recorded ones, or cannot be compared.
    """
    api, noun = context.api, context.kind.noun
    missing = f"{context.named(str(recorded.get('name') or object_id), object_id)} was not found"
    missing = missing[0].upper() + missing[1:]
    host = recorded.get(HOST)
    if host and host != api.host:
        raise WrongTenantError(
            f"{missing} at {api.host}; it was created at {host}. It is not considered deleted. "
            f"{HOST_BACK} {_truly_gone(noun)}"
        )
    same_client = recorded.get(CLIENT) == seen_from(api)[CLIENT]
    try:
        who = api.whoami()
    except (NotFoundError, PermissionDeniedError) as error:
        # A 403 differs: credentials that lost this permission may have lost sight of the object as well.
        if same_client and isinstance(error, NotFoundError):
            return
        raise WrongTenantError(
            f"{missing}, and Streamkap does not say which account these credentials belong to ({error.operation} "
            f"answered {error.status}), so it is not considered deleted. {_truly_gone(noun)}"
        ) from None
    for thing, theirs, ours in other_owners(recorded, who):
        if (theirs and ours) or not same_client:
            raise WrongTenantError(f"{missing}{_why_another(noun, thing, theirs, ours)}")


HOST_BACK = "Set streamkap:host (or STREAMKAP_HOST) back."
"""The next step at another host than the recorded one."""


def other_owners(recorded: Mapping[str, Any], who: Whoami) -> Iterator[tuple[str, str | None, str | None]]:
    """What does not match of tenant and project: the word for it, the recorded id, and that of the credentials."""
    for thing, key in (("tenant", "tenant_id"), ("project", "service_id")):
        theirs, ours = owner_in(recorded, key), getattr(who, key)
        # A token belongs to a tenant, but not always to a project.
        if theirs != ours or not (theirs or thing == "project"):
            yield thing, theirs, ours


def own_credentials(thing: str) -> str:
    """The next step in another tenant or project than the recorded one."""
    return (
        f"Use the credentials of its own {thing} "
        "(streamkap:clientId and streamkap:secret, or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET)."
    )


def _truly_gone(noun: str) -> str:
    return f"If the {noun} is truly gone, `pulumi state delete` its URN."


def _why_another(noun: str, thing: str, theirs: str | None, ours: str | None) -> str:
    """Why the object's `thing` may not be that of the credentials, and the next step."""
    if not theirs:
        return (
            f", and its state does not say which {thing} it belongs to, so it is not considered deleted. "
            f"{_truly_gone(noun)}"
        )
    if not ours:
        return (
            f", and Streamkap does not say which {thing} these credentials belong to; the {noun} belongs to {theirs}. "
            f"It is not considered deleted. {_truly_gone(noun)}"
        )
    return (
        f" with these credentials: they belong to the {thing} {ours}, the {noun} to the {thing} {theirs}. "
        f"It is not considered deleted. {own_credentials(thing)}"
    )


def fetch(context: Context, object_id: str, recorded: Mapping[str, Any]) -> Any:
    """The recorded object as it is now, with its secrets.

    Raises:
        GoneError: it was deleted outside this stack.
        WrongTenantError: it was not found, and "gone" cannot be believed.
        StreamkapError: the API could not be reached, or refused.
    """
    try:
        return context.fetch(object_id)
    except NotFoundError as error:
        believe_gone(context, object_id, recorded)
        raise GoneError(
            "it was deleted outside this stack. Run `pulumi refresh`, then `pulumi up` to create it again.",
            operation=error.operation,
        ) from None


def holders(context: Context, declared: Declared, *, secret_returned: bool = False) -> Iterator[Any]:
    """The objects because of which the API refuses another one: of this name, and alike in what else is unique."""
    kind = context.kind
    for each in context.objects.named(declared.name, secret_returned=secret_returned):
        if not any(declared.differs(kind.by_name[name], each) for name in kind.unique if name != "name"):
            yield each


def raise_if_gone(context: Context, object_id: str, recorded: Mapping[str, Any], error: APIError) -> None:
    """Where `error` says that something is missing, check whether it is the object itself.

    Raises:
        GoneError: it was deleted outside this stack.
        WrongTenantError: it was not found, and "gone" cannot be believed.
    """
    if error.says_missing and not error.html:
        try:
            fetch(context, object_id, recorded)
        except LifecycleError:
            raise
        except StreamkapError:
            return


def is_taken(context: Context, declared: Declared, error: APIError, *, but: str | None = None) -> bool:
    """Whether `error` refuses a write because another object has the name.

    The API sometimes refuses without a reason. Then this is it if the list shows such an object, other than `but`.
    """
    if error.name_is_taken:
        return True
    if error.reason or error.status not in NAME_TAKEN_STATUSES:
        return False
    try:
        return any(each.id != but for each in holders(context, declared))
    except StreamkapError:
        return False
