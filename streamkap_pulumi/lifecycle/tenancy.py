"""Whether a source that is not to be seen is really gone.

Another tenant's or project's credentials, or another host, do not see it either. So "gone" is believed only from
where the source was recorded; the API is asked who it thinks we are, and only after a miss.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NotFoundError, PermissionDeniedError
from streamkap_pulumi.lifecycle.declared import CLIENT, HOST
from streamkap_pulumi.lifecycle.errors import WrongTenantError

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap


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
    name = recorded.get("name") or source_id
    host = recorded.get(HOST)
    if host and host != api.host:
        raise WrongTenantError(
            f"Source {name!r} ({source_id}) is not to be seen at {api.host}; it was made at {host}. "
            "It is not taken for deleted. Set streamkap:host (or STREAMKAP_HOST) back. If the source is truly gone, "
            "`pulumi state delete` its URN."
        )
    same_client = recorded.get(CLIENT) == seen_from(api)[CLIENT]
    try:
        who = api.whoami()
    except (NotFoundError, PermissionDeniedError) as error:
        if same_client:
            return
        raise WrongTenantError(
            f"Source {name!r} ({source_id}) is not to be seen, and Streamkap does not tell whose these credentials are "
            f"({error.operation} answered {error.status}), so it is not taken for deleted. If it is truly gone, "
            "`pulumi state delete` its URN."
        ) from None
    for thing, recorded_id, current in (
        ("tenant", recorded.get("tenant_id"), who.tenant_id),
        ("project", recorded.get("service_id"), who.service_id),
    ):
        if current == recorded_id and (recorded_id or thing == "project"):
            continue
        if same_client and not (current and recorded_id):
            continue
        if not recorded_id:
            raise WrongTenantError(
                f"Source {name!r} ({source_id}) is not to be seen, and its state does not tell which {thing} it "
                "belongs to, so it is not taken for deleted. If it is truly gone, `pulumi state delete` its URN."
            )
        if not current:
            raise WrongTenantError(
                f"Source {name!r} ({source_id}) is not to be seen, and Streamkap does not tell which {thing} these "
                f"credentials belong to; the source belongs to {recorded_id}. It is not taken for deleted. If it is "
                "truly gone, `pulumi state delete` its URN."
            )
        raise WrongTenantError(
            f"Source {name!r} ({source_id}) is not to be seen with these credentials: they belong to the {thing} "
            f"{current}, the source to the {thing} {recorded_id}. "
            "It is not taken for deleted. Use the credentials of its own "
            f"{thing} (streamkap:clientId and streamkap:secret, or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET)."
        )
