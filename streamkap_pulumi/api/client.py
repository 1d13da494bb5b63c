"""The client: one host, one set of credentials, and the routes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType

import httpx
from pydantic import ValidationError
from typing_extensions import Self

from streamkap_pulumi.api.errors import UnreadableAnswerError
from streamkap_pulumi.api.interruption import Interruption
from streamkap_pulumi.api.models import Whoami
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.settings import DEFAULT_HOST, Retries, Settings, Timeouts
from streamkap_pulumi.api.sources import Sources
from streamkap_pulumi.api.transport import Transport


class Streamkap:
    """Streamkap's REST API. Threads may share one; nothing is sent before the first call needs it.

    Example::

        with Streamkap(client_id="…", secret="…") as streamkap:
            for source in streamkap.sources.iterate(connector="postgresql"):
                print(source.id, source.name, source.connector_status)

    Args:
        host: URL of the API.
        client_id: of an API token that Streamkap's web page makes; it belongs to one project.
        secret: the token's secret.
        allow_http: let a host that is not this machine be asked without encryption.
        timeouts: seconds after which one try of a call is given up.
        retries: how often and for how long a call is repeated. Only what is safe is: see
            `streamkap_pulumi.api.retrying`.
        report: is told of each call that is repeated, once it has been going for some seconds.
        redaction: knows secrets that no error may quote. The client lets it know its own credentials, and what it sends
            under a name such as ``password``.
        http: a transport of httpx's own, to stand in for the network.
        interruption: ends waits and retries, and what changes something is not sent any more.

    Raises:
        SettingsError: the host is no URL, or has no https; or the environment names a proxy or certificates that cannot
            be used. Missing credentials are reported by the first call.
    """

    def __init__(
        self,
        host: str = DEFAULT_HOST,
        client_id: str | None = None,
        secret: str | None = None,
        *,
        allow_http: bool = False,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        report: Callable[[str], None] | None = None,
        redaction: Redaction | None = None,
        http: httpx.BaseTransport | None = None,
        interruption: Interruption | None = None,
    ) -> None:
        settings = Settings(host, client_id, secret, allow_http, timeouts or Timeouts(), retries or Retries())
        self.host = settings.host
        """The API's URL, without a slash at its end."""
        self.client_id = settings.client_id
        """Of the API token; None where there are no credentials."""
        self.redaction = redaction or Redaction()
        """What no error may quote; it learns the credentials, and may be told of more."""
        self.interruption = interruption or Interruption()
        """Ends what the client waits for, in every thread."""
        self._transport = Transport(
            settings, report=report, redaction=self.redaction, http=http, interruption=self.interruption
        )
        self.sources = Sources(self._transport)
        """The routes under ``/sources``."""

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        report: Callable[[str], None] | None = None,
        redaction: Redaction | None = None,
        interruption: Interruption | None = None,
    ) -> Streamkap:
        """A client for `settings`; the rest is as for the client itself."""
        return cls(
            settings.host,
            settings.client_id,
            settings.secret,
            allow_http=settings.allow_http,
            timeouts=settings.timeouts,
            retries=settings.retries,
            report=report,
            redaction=redaction,
            interruption=interruption,
        )

    def whoami(self) -> Whoami:
        """`GET /auth/whoami`: the tenant and the project (`service_id`) that the credentials belong to."""
        try:
            return Whoami.model_validate(self._transport.request("GET", "/auth/whoami", effect=Effect.READS))
        except ValidationError:
            raise UnreadableAnswerError(
                "GET /auth/whoami answered with a body of another shape than documented",
                operation="GET /auth/whoami",
            ) from None

    def authenticate(self) -> None:
        """Get a token now (`POST /auth/access-token`), where none is at hand; every call does so by itself."""
        self._transport.authenticate()

    def server_time(self) -> datetime | None:
        """What time it is at the API, by its answers so far; None before the first, or where they do not tell."""
        return self._transport.server_clock.now()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Streamkap(host={self.host!r})"
