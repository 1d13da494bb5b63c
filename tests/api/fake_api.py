"""A Streamkap that is a function from a request to a response, and clients for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from streamkap_pulumi import api

Handler = Callable[[httpx.Request], httpx.Response]

SOURCE = {"id": "64a1b2c3d4e5f6a7b8c9d0e1", "name": "orders", "connector": "postgresql", "config": {"a": "s3cret"}}


def token_answer(number: int = 1, expires_in: float = 3600) -> httpx.Response:
    return httpx.Response(200, json={"accessToken": f"token-{number}", "expires": "later", "expiresIn": expires_in})


def client(handler: Handler, *, secret: str | None = "the-secret") -> api.Streamkap:
    """A client that gets a token; `handler` answers its other requests."""

    def answer(request: httpx.Request) -> httpx.Response:
        return token_answer() if request.url.path == "/auth/access-token" else handler(request)

    return streamkap(answer, secret=secret)


def streamkap(handler: Handler, *, secret: str | None = "the-secret") -> api.Streamkap:
    """A client that retries nothing; `handler` answers all its requests."""
    once = api.Retries(count=0)
    return api.Streamkap("https://streamkap.test", "me", secret, retries=once, http=httpx.MockTransport(handler))


def always(status: int, **response: Any) -> Handler:
    """Answers every request the same."""
    return lambda request: httpx.Response(status, **response)
