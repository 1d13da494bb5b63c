"""Whether a source that is not to be seen is really gone.

Another tenant's or project's credentials, or another host, do not see it either. So "gone" is believed only from
where the source was recorded; the API is asked who it thinks we are, and only after a miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NotFoundError, PermissionDeniedError
from streamkap_pulumi.lifecycle.declared import HOST
from streamkap_pulumi.lifecycle.errors import WrongTenantError

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap


def believe_gone(api: Streamkap, source_id: str, recorded: Mapping[str, Any]) -> None:
    """Return when the API's "there is none" can be believed (`GET /auth/whoami`).

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
    try:
        who = api.whoami()
    except (NotFoundError, PermissionDeniedError) as error:
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
