"""The client's settings: where the API is, the credentials, the time-outs, and how long to retry.

Each setting is read from the stack's configuration first and from the environment second. Host and credentials have the
names that Streamkap's Terraform provider uses.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamkap_pulumi.api.errors import SettingsError

DEFAULT_HOST = "https://api.streamkap.com"
"""Where the API is if no setting says otherwise."""

_ALLOW_HTTP = ("streamkap:allowHttp", "STREAMKAP_ALLOW_HTTP")
_A_DAY = 86400.0


@dataclass(frozen=True)
class Number:
    """A setting that is a number: its two names, the values it may have, and an example."""

    key: str
    variable: str
    kind: str
    example: str
    fits: Callable[[float], bool]

    def read(self, text: str) -> float:
        """The number in `text`.

        Raises:
            SettingsError: `text` is not a number, or not one that fits.
        """
        try:
            value = float(text)
        except ValueError:
            raise self._error(repr(text)) from None
        self.check(value)
        return value

    def check(self, value: float) -> None:
        """Refuse a number that does not fit."""
        if not (math.isfinite(value) and self.fits(value)):
            raise self._error(f"{value:g}")

    def _error(self, value: str) -> SettingsError:
        return SettingsError(
            f"{self.key} is {value}, which is not {self.kind}. Write it like {self.example}: "
            f"pulumi config set {self.key} {self.example}   (or set {self.variable})",
            setting=self.key,
        )


def _time_out(key: str, variable: str, example: str) -> Number:
    kind = f"a number of seconds above 0 and up to {_A_DAY:g}"
    return Number(key, variable, kind, example, lambda seconds: 0 < seconds <= _A_DAY)


CONNECT_TIMEOUT = _time_out("streamkap:connectTimeout", "STREAMKAP_CONNECT_TIMEOUT", "10")
READ_TIMEOUT = _time_out("streamkap:readTimeout", "STREAMKAP_READ_TIMEOUT", "60")
POOL_TIMEOUT = _time_out("streamkap:poolTimeout", "STREAMKAP_POOL_TIMEOUT", "60")
MAX_RETRIES = Number(
    "streamkap:maxRetries",
    "STREAMKAP_MAX_RETRIES",
    "a whole number from 0 to 1000",
    "5",
    lambda count: 0 <= count <= 1000 and count == int(count),
)
RETRY_TIMEOUT = Number(
    "streamkap:retryTimeout",
    "STREAMKAP_RETRY_TIMEOUT",
    f"a number of seconds from 0 to {_A_DAY:g}",
    "120",
    lambda seconds: 0 <= seconds <= _A_DAY,
)


@dataclass(frozen=True)
class Timeouts:
    """Seconds after which one try of a call is given up; each above 0.

    Raises:
        SettingsError: one of them is not above 0, or is longer than a day.
    """

    connect: float = 10.0
    """Seconds to connect."""
    read: float = 60.0
    """Seconds to send each piece of a request, and to receive each piece of an answer.

    The whole body of an answer may take five times as long.
    """
    pool: float = 60.0
    """Seconds to wait for one of the client's connections to become free."""

    def __post_init__(self) -> None:
        CONNECT_TIMEOUT.check(self.connect)
        READ_TIMEOUT.check(self.read)
        POOL_TIMEOUT.check(self.pool)


@dataclass(frozen=True)
class Retries:
    """How often a call is retried at most, and for how long.

    Raises:
        SettingsError: one of them is below 0, or `seconds` is longer than a day.
    """

    count: int = 5
    """How many retries follow the first try; 0 means none."""
    seconds: float = 120.0
    """Seconds since the first try after which a call is not retried."""

    def __post_init__(self) -> None:
        MAX_RETRIES.check(self.count)
        RETRY_TIMEOUT.check(self.seconds)


@dataclass(frozen=True)
class Settings:
    """The API's host, the credentials of one project, and the bounds of a call. `repr` does not show the secret.

    Raises:
        SettingsError: the host is not a URL, or it needs `allow_http`.
    """

    host: str = DEFAULT_HOST
    """The API's URL, such as ``https://api.streamkap.com``. A slash at its end is removed."""
    client_id: str | None = None
    """The client id of an API token; None if it is missing."""
    secret: str | None = field(default=None, repr=False)
    """The secret of the same token; None if it is missing."""
    allow_http: bool = False
    """Whether to send requests without encryption to a host that is not this machine."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """How long one try may take."""
    retries: Retries = field(default_factory=Retries)
    """How often and how long a call is retried."""

    def __post_init__(self) -> None:
        host = readable_host(self.host)
        if not (self.allow_http or is_loopback(host)):
            _require_https(host)
        object.__setattr__(self, "host", host)

    @classmethod
    def find(cls, configuration: Callable[[str], object] = lambda _: None) -> Settings:
        """The settings of this run.

        Args:
            configuration: returns the value of a key such as ``streamkap:clientId``, or None.

        Raises:
            SettingsError: a setting cannot be read. Missing credentials are not an error here: a preview needs none.
        """

        def find(key: str, variable: str) -> str | None:
            value = configuration(key)
            text = "" if value is None else str(value).strip()
            return text or os.environ.get(variable, "").strip() or None

        def number(setting: Number, default: float) -> float:
            text = find(setting.key, setting.variable)
            return default if text is None else setting.read(text)

        timeouts, retries = Timeouts(), Retries()
        return cls(
            host=find("streamkap:host", "STREAMKAP_HOST") or DEFAULT_HOST,
            client_id=find("streamkap:clientId", "STREAMKAP_CLIENT_ID"),
            secret=find("streamkap:secret", "STREAMKAP_SECRET"),
            allow_http=_yes_or_no(find(*_ALLOW_HTTP)),
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
            SettingsError: one of them is missing; the error says how to set it.
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
    """`host` without a slash at its end.

    Raises:
        SettingsError: it is not an http or https URL, or it has a query, a fragment or credentials.
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
            f"streamkap:host is {shown!r}, which is not the URL of an API. Write it like {DEFAULT_HOST}: "
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


def _require_https(host: str) -> None:
    if urlsplit(host).scheme != "https":
        key, variable = _ALLOW_HTTP
        raise SettingsError(
            f"streamkap:host is {host}: without https, anyone on the network could read the credentials and the "
            "sources' secrets. Use https://, or, if the network is safe, allow http: "
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
