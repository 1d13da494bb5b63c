"""The client: one host, one set of credentials, and the routes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType

import httpx
from typing_extensions import Self

from streamkap_pulumi.api.connectors import Destinations, Sources
from streamkap_pulumi.api.interruption import Interruption
from streamkap_pulumi.api.models import Whoami, parsed
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.settings import DEFAULT_HOST, Retries, Settings, Timeouts
from streamkap_pulumi.api.tags import Tags
from streamkap_pulumi.api.transport import Transport


class Streamkap:
    """Streamkap's REST API. Threads may share a client. Nothing is sent before the first call.

    Example::

        with Streamkap(client_id="…", secret="…") as streamkap:
            for source in streamkap.sources.iterate(connector="postgresql"):
                print(source.id, source.name, source.connector_status)

    Args:
        host: the API's URL.
        client_id: the client id of an API token, which Streamkap's web page creates for one project.
        secret: the token's secret.
        allow_http: send requests without encryption to a host that is not this machine.
        timeouts: seconds after which one try of a call is given up.
        retries: how often and for how long a call is retried. Only what is safe is retried, see
            `streamkap_pulumi.api.retrying`.
        report: receives a line for each retry of a call that takes more than a few seconds.
        redaction: knows secrets that no error may quote. It learns the client's own credentials, and what the client
            sends under a name such as ``password``.
        http: a transport of httpx, used instead of the network.
        interruption: ends waits and retries; afterwards nothing that changes something is sent.

    Raises:
        SettingsError: the host is not a URL or has no https, or the environment names a proxy or certificates that
            cannot be used. Missing credentials are reported by the first call.
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
        """The client id of the API token; None without credentials."""
        self.redaction = redaction or Redaction()
        """Knows what no error may quote. It learns the credentials, and can be given more."""
        self.interruption = interruption or Interruption()
        """Ends the client's waits, in every thread."""
        self._transport = Transport(
            settings, report=report, redaction=self.redaction, http=http, interruption=self.interruption
        )
        self.sources = Sources(self._transport)
        """The routes under ``/sources``."""
        self.destinations = Destinations(self._transport)
        """The routes under ``/destinations``."""
        self.tags = Tags(self._transport)
        """The routes under ``/tags``."""

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        report: Callable[[str], None] | None = None,
        redaction: Redaction | None = None,
        interruption: Interruption | None = None,
    ) -> Streamkap:
        """A client for `settings`. The other arguments are those of the class."""
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
        answer = self._transport.request("GET", "/auth/whoami", effect=Effect.READS)
        return parsed(Whoami, "GET /auth/whoami", answer)

    def authenticate(self) -> None:
        """Get a token now (`POST /auth/access-token`), if there is none. Every call does so by itself."""
        self._transport.authenticate()

    def server_time(self) -> datetime | None:
        """The time at the API, from its last answer; None before the first, or if its answers have no `Date`."""
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
