"""Where the API is, who asks, and for how long to try.

Each setting is looked for in the stack's configuration first and in the environment second. Host and credentials have
the names that Streamkap's Terraform provider uses.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamkap_pulumi.api.bounds import (
    CONNECT_TIMEOUT,
    MAX_RETRIES,
    POOL_TIMEOUT,
    READ_TIMEOUT,
    RETRY_TIMEOUT,
    Number,
    Retries,
    Timeouts,
)
from streamkap_pulumi.api.errors import SettingsError

DEFAULT_HOST = "https://api.streamkap.com"
"""Where the API is unless a setting says otherwise."""

_ALLOW_HTTP = ("streamkap:allowHttp", "STREAMKAP_ALLOW_HTTP")


@dataclass(frozen=True)
class Settings:
    """The API's host (a URL; a trailing slash does no harm), the credentials of one project, and the bounds of a call.

    `allow_http` lets a host that is not this machine be asked without encryption. `repr` leaves the secret out.

    Raises:
        SettingsError: the host is no URL, or its URL is not to be used without `allow_http`.
    """

    host: str = DEFAULT_HOST
    """The API's URL, such as ``https://api.streamkap.com``."""
    client_id: str | None = None
    """The client id of an API token; None is missing."""
    secret: str | None = field(default=None, repr=False)
    """The secret of the same token; None is missing."""
    allow_http: bool = False
    """Whether a host that is not this machine may be asked without encryption."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """How long one try may take."""
    retries: Retries = field(default_factory=Retries)
    """How often and how long a call is repeated."""

    def __post_init__(self) -> None:
        host = readable_host(self.host)
        if not (self.allow_http or is_loopback(host)):
            _demand_https(host)
        object.__setattr__(self, "host", host)

    @classmethod
    def find(cls, configuration: Callable[[str], object] = lambda _: None) -> Settings:
        """The settings of this run.

        Args:
            configuration: gives the value of a key such as ``streamkap:clientId``, or None.

        Raises:
            SettingsError: a setting cannot be read. Missing credentials are no error yet: a preview needs none.
        """

        def look_up(key: str, variable: str) -> str | None:
            value = configuration(key)
            text = "" if value is None else str(value).strip()
            return text or os.environ.get(variable, "").strip() or None

        def number(setting: Number, default: float) -> float:
            text = look_up(setting.key, setting.variable)
            return default if text is None else setting.read(text)

        timeouts, retries = Timeouts(), Retries()
        return cls(
            host=look_up("streamkap:host", "STREAMKAP_HOST") or DEFAULT_HOST,
            client_id=look_up("streamkap:clientId", "STREAMKAP_CLIENT_ID"),
            secret=look_up("streamkap:secret", "STREAMKAP_SECRET"),
            allow_http=_yes_or_no(look_up(*_ALLOW_HTTP)),
            timeouts=Timeouts(
                connect=number(CONNECT_TIMEOUT, timeouts.connect),
                read=number(READ_TIMEOUT, timeouts.read),
                pool=number(POOL_TIMEOUT, timeouts.pool),
            ),
            retries=Retries(
                count=int(number(MAX_RETRIES, retries.count)),
                seconds=number(RETRY_TIMEOUT, retries.seconds),
            ),
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


def is_loopback(host: str) -> bool:
    """Whether the URL `host` is on this machine: localhost, 127.0.0.0/8 or ::1."""
    name = (urlsplit(host).hostname or "").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _demand_https(host: str) -> None:
    if urlsplit(host).scheme != "https":
        key, variable = _ALLOW_HTTP
        raise SettingsError(
            f"streamkap:host is {host}: without https everybody on the way could read the credentials and the "
            "sources' secrets. Write it with https://, or, where the way is safe, allow it: "
            f"pulumi config set {key} true   (or set {variable}=true)",
            setting=key,
        )


def _yes_or_no(text: str | None) -> bool:
    if text is None or text.lower() in {"false", "0", "no", "off"}:
        return False
    if text.lower() in {"true", "1", "yes", "on"}:
        return True
    key, variable = _ALLOW_HTTP
    raise SettingsError(
        f"{key} is {text!r}, which is neither true nor false: pulumi config set {key} true   (or set {variable})",
        setting=key,
    )
