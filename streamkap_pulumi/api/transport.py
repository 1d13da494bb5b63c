"""From an operation to the API's JSON answer, or to one of the errors of `streamkap_pulumi.api.errors`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx
from pydantic import ValidationError

from streamkap_pulumi.api.authentication import Authentication
from streamkap_pulumi.api.errors import (
    ConnectionFailedError,
    NoAnswerError,
    UnreadableAnswerError,
    error_for,
)
from streamkap_pulumi.api.models import Token
from streamkap_pulumi.api.settings import Settings

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Seconds. A request is given this long between two pieces of an answer; connecting has its own bound."""

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64)


def _user_agent() -> str:
    try:
        return f"streamkap-pulumi/{version('streamkap-pulumi')}"
    except PackageNotFoundError:
        return "streamkap-pulumi"


class Transport:
    """One host and one set of credentials; safe to share between threads.

    Args:
        settings: where to and as whom. Credentials are asked for when the first request needs a token.
        http: a transport of httpx's own, to stand in for the network.
    """

    def __init__(self, settings: Settings, *, http: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._client = httpx.Client(
            base_url=settings.host,
            timeout=TIMEOUT,
            limits=_LIMITS,
            transport=http,
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": _user_agent(),
            },
        )
        self._authentication = Authentication(self._fetch_token)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """Send a request and give the decoded JSON of its answer; None for a success without a body.

        A 401 renews the token once and repeats the request: a request that was refused so was not acted on.

        Raises:
            StreamkapError: any of the tree.
        """
        token = self._authentication.token()
        answer = self._send(method, path, query=query, body=body, token=token)
        if answer.status_code == 401:
            token = self._authentication.token(refused=token)
            answer = self._send(method, path, query=query, body=body, token=token)
        return self._decode(f"{method} {path}", answer)

    def _fetch_token(self) -> Token:
        client_id, secret = self._settings.credentials()
        path = "/auth/access-token"
        answer = self._send("POST", path, body={"client_id": client_id, "secret": secret})
        decoded = self._decode(f"POST {path}", answer)
        try:
            return Token.model_validate(decoded)
        except ValidationError:
            raise UnreadableAnswerError(
                f"POST {path} answered without an access token. Is streamkap:host right? It is {self._settings.host}",
                operation=f"POST {path}",
                request_id=answer.headers.get("X-Request-Id"),
            ) from None

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> httpx.Response:
        operation = f"{method} {path}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        params = {key: _query_value(value) for key, value in (query or {}).items() if value is not None}
        try:
            return self._client.request(method, path, params=params, json=body, headers=headers)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as error:
            raise ConnectionFailedError(
                f"{operation}: no connection to {self._settings.host} ({_plain(error)})", operation=operation
            ) from None
        except httpx.HTTPError as error:
            raise NoAnswerError(
                f"{operation}: {self._settings.host} gave no whole answer ({_plain(error)})",
                operation=operation,
            ) from None

    def _decode(self, operation: str, answer: httpx.Response) -> Any:
        request_id = answer.headers.get("X-Request-Id")
        html = "html" in answer.headers.get("Content-Type", "") or answer.text.lstrip()[:1] == "<"
        if answer.is_redirect:
            raise UnreadableAnswerError(
                f"{operation} was redirected to {answer.headers.get('Location', 'nowhere')}: "
                f"{self._settings.host} does not look like the API",
                operation=operation,
                request_id=request_id,
            )
        try:
            decoded = answer.json() if answer.content and not html else None
            readable = not html
        except ValueError:
            decoded, readable = None, False
        if answer.is_error:
            detail = _words(decoded, answer)
            raise error_for(
                operation=operation,
                status=answer.status_code,
                detail=detail,
                request_id=request_id,
                html=html,
            )
        if not readable:
            kind = "an HTML page" if html else "something that is no JSON"
            text = f"{operation} answered {answer.status_code} with {kind}"
            text += f" (request id {request_id})" if request_id else ""
            raise UnreadableAnswerError(text, operation=operation, request_id=request_id)
        return decoded


def _words(decoded: Any, answer: httpx.Response) -> Any:
    """What an error answer says: `detail`, or what an identity provider or a plain server says instead."""
    if isinstance(decoded, Mapping):
        names = ("detail", "message", "error_description", "errors", "error")
        return next((decoded[name] for name in names if decoded.get(name)), None)
    return answer.text if answer.headers.get("Content-Type", "").startswith("text/plain") else None


def _query_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return value


def _plain(error: Exception) -> str:
    return str(error) or type(error).__name__
