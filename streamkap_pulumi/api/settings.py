"""Where the API is and who asks: `host`, `client_id` and `secret`.

Each is looked for in the stack's configuration first and in the environment second, under the names that
Streamkap's Terraform provider uses.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamkap_pulumi.api.errors import SettingsError

DEFAULT_HOST = "https://api.streamkap.com"


@dataclass(frozen=True)
class Settings:
    """The API's host (a URL without a path's trailing slash) and the credentials of one project.

    `repr` leaves the secret out.
    """

    host: str = DEFAULT_HOST
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def find(cls, configuration: Callable[[str], object] = lambda _: None) -> Settings:
        """The settings of this run.

        Args:
            configuration: gives the value of a key such as ``streamkap:clientId``, or None.

        Raises:
            SettingsError: the host is no URL. Missing credentials are no error yet: a preview needs none.
        """

        def look_up(key: str, variable: str) -> str | None:
            value = configuration(key) or os.environ.get(variable)
            return str(value).strip() if value else None

        return cls(
            host=readable_host(look_up("streamkap:host", "STREAMKAP_HOST") or DEFAULT_HOST),
            client_id=look_up("streamkap:clientId", "STREAMKAP_CLIENT_ID"),
            secret=look_up("streamkap:secret", "STREAMKAP_SECRET"),
        )

    def credentials(self) -> tuple[str, str]:
        """Client id and secret.

        Raises:
            SettingsError: one of them is missing; the text tells how to set it.
        """
        if self.client_id and self.secret:
            return self.client_id, self.secret
        missing = []
        if not self.client_id:
            missing.append(("streamkap:clientId", "pulumi config set streamkap:clientId …", "STREAMKAP_CLIENT_ID"))
        if not self.secret:
            missing.append(("streamkap:secret", "pulumi config set --secret streamkap:secret …", "STREAMKAP_SECRET"))
        ways = "\n".join(f"  {command}   (or set {variable})" for _, command, variable in missing)
        raise SettingsError(
            f"Streamkap credentials are missing: {' and '.join(key for key, _, _ in missing)}. Set them:\n{ways}",
            setting=missing[0][0],
        )


def readable_host(host: str) -> str:
    """`host` without a trailing slash.

    Raises:
        SettingsError: it is no http or https URL, or carries a query, a fragment or credentials.
    """
    try:
        parts = urlsplit(host)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    else:
        usable = usable and not (parts.query or parts.fragment or parts.username or parts.password)
        usable = usable and not any(character.isspace() for character in host)
    if not usable:
        shown = host.rsplit("@", 1)[-1]
        raise SettingsError(
            f"streamkap:host is {shown!r}, which is no URL of an API. Write it like {DEFAULT_HOST}: "
            "pulumi config set streamkap:host …   (or set STREAMKAP_HOST)",
            setting="streamkap:host",
        )
    return host.rstrip("/")
