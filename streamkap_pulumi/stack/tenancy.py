"""Whether the sources of a stack can be seen at all, before one that is not to be seen counts as not made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.lifecycle.errors import WrongTenantError
from streamkap_pulumi.lifecycle.keys import CLIENT, HOST
from streamkap_pulumi.lifecycle.presence import account, seen_from
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE
from streamkap_pulumi.stack.secrecy import plain

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import Whoami
    from streamkap_pulumi.lifecycle.context import Context
    from streamkap_pulumi.stack.state import State


def demand_same_project(context: Context, state: State) -> None:
    """Tell which project is looked at, and return when no source of the state is of another one (`GET /auth/whoami`).

    What the state does not record cannot be compared: the project that was told is all there is to go by. An API that
    does not tell whose the credentials are shows the sources of those only that recorded them.

    Raises:
        WrongTenantError: a source of the state was recorded at another host, in another tenant or project, or, where
            these are not told, with other credentials.
        StreamkapError: the API cannot be asked, or refuses.
    """
    who = account(context.api)
    tenant, project = (who.tenant_id, who.service_id) if who else (None, None)
    context.report(
        f"Looking in the project {project or 'unknown'} of the tenant {tenant or 'unknown'} at {context.api.host}"
    )
    here = seen_from(context.api)
    for resource in state.resources:
        if resource.get("type") == SOURCE_TYPE and not resource.get("external"):
            _compare(resource, here, who)


def _compare(resource: Mapping[str, Any], here: Mapping[str, str], who: Whoami | None) -> None:
    recorded = plain(resource.get("outputs") or {})
    source = f"the stack's source {recorded.get('name')!r} ({resource.get('id')})"
    end = (
        "What was being made cannot be seen from here, and is not taken for unmade. "
        f"{{way}} If that source is truly gone, `pulumi state delete` its URN, {resource['urn']}."
    )
    made_at = recorded.get(HOST)
    if made_at and made_at != here[HOST]:
        way = "Set streamkap:host (or STREAMKAP_HOST) back."
        raise WrongTenantError(
            f"These settings lead to {here[HOST]}; {source} was made at {made_at}. {end.format(way=way)}"
        )
    if who is None:
        if recorded.get(CLIENT) == here[CLIENT]:
            return
        way = "Use the credentials that it was made or changed with last."
        raise WrongTenantError(
            f"Streamkap does not say which account these credentials belong to, and {source} was not recorded with "
            f"them. {end.format(way=way)}"
        )
    for thing, key, current in (("tenant", "tenant_id", who.tenant_id), ("project", "service_id", who.service_id)):
        if recorded.get(key) and recorded[key] != current:
            way = (
                f"Use the credentials of its own {thing} "
                "(streamkap:clientId and streamkap:secret, or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET)."
            )
            raise WrongTenantError(
                f"These credentials belong to the {thing} {current or 'that Streamkap does not name'}, {source} to the "
                f"{thing} {recorded[key]}. {end.format(way=way)}"
            )
