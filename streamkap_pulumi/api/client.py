"""The client: one host, one set of credentials, and the routes."""

from __future__ import annotations

from types import TracebackType

import httpx
from pydantic import ValidationError
from typing_extensions import Self

from streamkap_pulumi.api.errors import UnreadableAnswerError
from streamkap_pulumi.api.models import Whoami
from streamkap_pulumi.api.settings import DEFAULT_HOST, Settings, readable_host
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
        http: a transport of httpx's own, to stand in for the network.

    Raises:
        SettingsError: the host is no URL. Missing credentials are reported by the first call.
    """

    def __init__(
        self,
        host: str = DEFAULT_HOST,
        client_id: str | None = None,
        secret: str | None = None,
        *,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self.host = readable_host(host)
        self._transport = Transport(Settings(self.host, client_id, secret), http=http)
        self.sources = Sources(self._transport)

    @classmethod
    def from_settings(cls, settings: Settings) -> Streamkap:
        """A client for `settings`."""
        return cls(settings.host, settings.client_id, settings.secret)

    def whoami(self) -> Whoami:
        """`GET /auth/whoami`: the tenant and the project (`service_id`) that the credentials belong to."""
        try:
            return Whoami.model_validate(self._transport.request("GET", "/auth/whoami"))
        except ValidationError:
            raise UnreadableAnswerError(
                "GET /auth/whoami answered with a body of another shape than documented",
                operation="GET /auth/whoami",
            ) from None

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
