"""From an operation to the API's JSON answer, or to one of the errors of `streamkap_pulumi.api.errors`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx
from pydantic import ValidationError

from streamkap_pulumi import passwords
from streamkap_pulumi.api.answers import ServerClock, decode
from streamkap_pulumi.api.authentication import Authentication
from streamkap_pulumi.api.errors import (
    APIError,
    InterruptedRunError,
    NoAnswerError,
    RateLimitedError,
    SettingsError,
    UnreadableAnswerError,
)
from streamkap_pulumi.api.interruption import Interruption, finish
from streamkap_pulumi.api.models import Token
from streamkap_pulumi.api.network import AnswerTooSlowError, failure, no_api, proxy_credentials, proxy_variable, trusted
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.api.retrying import Effect, Retrying
from streamkap_pulumi.api.settings import Settings, is_loopback
from streamkap_pulumi.api.throttle import Turns

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30.0)
"""One connection for each thread of the provider; idle ones are closed well before a load balancer does it."""

_LONGEST_ANSWER = 5.0
"""Read time-outs after which an answer that still trickles in is given up."""

_AUTHENTICATION = "POST /auth/access-token"
_NO_ROUTE = frozenset({404, 405, 501})
"""What servers answer that do not have such a route; 405 and 501 are those of a server of files, which has no POST."""

_LAST_LOOK = 5.0
"""Seconds for which nothing may come, once the run was interrupted: nobody waits longer for a look then."""


class Transport:
    """One host and one set of credentials; safe to share between threads, which share its connections.

    Args:
        settings: where to, as whom, and within what bounds. Credentials are asked for when the first request needs a
            token.
        report: is told of each call that is repeated, once it has been going for some seconds.
        redaction: knows what no error may quote; it is let know the credentials, and the secrets in what is sent.
        http: a transport of httpx's own, to stand in for the network.
        clock: seconds, from anywhere.
        interruption: ends waits and retries, and what changes something is not sent any more.

    Raises:
        SettingsError: the environment names a proxy or certificates that cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        report: Callable[[str], None] | None = None,
        redaction: Redaction | None = None,
        http: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        interruption: Interruption | None = None,
    ) -> None:
        self._settings = settings
        self._may_be_interrupted = interruption is not None
        self._interruption = interruption or Interruption()
        self._clock = clock
        # No proxy leads to this machine.
        self._proxied = http is None and not is_loopback(settings.host)
        self._client = _client(settings, http, proxied=self._proxied)
        self._authentication = Authentication(self._fetch_token, clock)
        self._retrying = Retrying(settings.retries, report, clock, self._interruption)
        self._turns = Turns(clock, self._interruption.sleep, report)
        self.server_clock = ServerClock(clock)
        self._redaction = (redaction or Redaction()).learn([settings.secret])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def authenticate(self) -> None:
        """Get a token, where none is at hand."""
        self._authentication.token()

    def request(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None = None,
    ) -> Any:
        """Send a request and give the decoded JSON of its answer; None for a success without a body.

        A 401 renews the token once and repeats the request: a request that was refused so was not acted on. What else
        is repeated depends on the `effect` of the request, see `streamkap_pulumi.api.retrying`. A `body` that is a
        function is asked before each try; what it raises ends the call.

        Raises:
            StreamkapError: any of the tree.
        """
        operation = f"{method} {path}"

        def once() -> Any:
            self._demand_run(operation, effect)
            content = body() if callable(body) else body
            self._redaction.learn(passwords.named(content))

            def send(token: str) -> httpx.Response:
                self._demand_run(operation, effect)
                return self._send(method, path, query=query, body=content, token=token)

            turn = self._turns.take()
            # The token comes after the turn: it may end while one waits.
            token = self._authentication.token()
            answer = send(token)
            if answer.status_code == 401:
                turn = self._turns.take()
                token = self._authentication.token(refused=token)
                answer = send(token)
            return self._judge(operation, answer, turn)

        return self._retrying.run(effect, operation, once)

    def _demand_run(self, operation: str, effect: Effect) -> None:
        """Refuse to send what changes something, once the run was interrupted. A look may still tell what came of it.

        Raises:
            InterruptedRunError: it is so.
        """
        if self._interruption.came and effect not in {Effect.READS, Effect.LOOKS}:
            raise InterruptedRunError(
                f"the run was interrupted before {operation} was sent, so it was not sent", operation=operation
            )

    def _judge(self, operation: str, answer: httpx.Response, turn: float) -> Any:
        try:
            decoded = self._decode(operation, answer)
        except RateLimitedError:
            self._turns.refused(turn)
            raise
        self._turns.accepted()
        return decoded

    def _decode(self, operation: str, answer: httpx.Response) -> Any:
        """The answer's JSON, or its error, which clears the secrets that a server or a gateway quotes."""
        try:
            return decode(operation, answer, self._redaction)
        except APIError as error:
            error.remedy = self._remedy(operation, error) or error.remedy
            raise

    def _remedy(self, operation: str, error: APIError) -> str:
        """What helps where it was a proxy that refused, or a host that is not the API; empty where neither is known."""
        proxy = proxy_variable(self._settings.host) if self._proxied else None
        if error.status == 407 and proxy:
            return proxy_credentials(proxy)
        return no_api(self._settings) if operation == _AUTHENTICATION and error.status in _NO_ROUTE else ""

    def _fetch_token(self) -> Token:
        client_id, secret = self._settings.credentials()
        operation = _AUTHENTICATION
        method, path = operation.split()

        def once() -> Token:
            answer = self._send(method, path, body={"client_id": client_id, "secret": secret})
            try:
                token = Token.model_validate(self._decode(operation, answer))
            except ValidationError:
                raise UnreadableAnswerError(
                    f"{operation} answered without an access token",
                    operation=operation,
                    request_id=answer.headers.get("X-Request-Id"),
                ) from None
            self._redaction.learn([token.access_token, token.refresh_token])
            return token

        return self._retrying.run(Effect.READS, operation, once)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        params = {key: _query_value(value) for key, value in (query or {}).items() if value is not None}
        request = self._client.build_request(
            method, path, params=params, json=body, headers=headers, timeout=self._time_outs()
        )

        def whole() -> httpx.Response:
            return self._whole(self._client.send(request, stream=True))

        try:
            is_look = self._may_be_interrupted and method == "GET"
            answer = finish(whole, self._interruption, _LAST_LOOK) if is_look else whole()
        except TimeoutError:
            operation = f"{method} {path}"
            raise NoAnswerError(
                f"{operation}: {self._settings.host} gave no whole answer (nothing came in the {_LAST_LOOK:g} s after "
                "the run was interrupted)",
                operation=operation,
            ) from None
        except httpx.HTTPError as error:
            raise failure(
                f"{method} {path}", error, self._settings, proxied=self._proxied, clear=self._redaction.text
            ) from None
        if not answer.is_error:  # An error may come from a gateway, which has a clock of its own.
            self.server_clock.observe(answer.headers.get("Date"))
        return answer

    def _time_outs(self) -> httpx.Timeout:
        bounds = self._settings.timeouts
        connect, read, pool = (
            min(seconds, _LAST_LOOK) if self._interruption.came else seconds
            for seconds in (bounds.connect, bounds.read, bounds.pool)
        )
        return httpx.Timeout(read, connect=connect, pool=pool)

    def _whole(self, begun: httpx.Response) -> httpx.Response:
        """The answer with its body, read to the end: httpx bounds the time between two pieces, and not the whole.

        Raises:
            AnswerTooSlowError: it is not through in time.
        """
        if begun.is_stream_consumed:  # What stands in for the network may give it all at once.
            return begun
        bound = _LONGEST_ANSWER * self._settings.timeouts.read
        until = self._clock() + bound
        pieces = []
        try:
            for piece in begun.iter_raw():
                pieces.append(piece)
                if self._clock() > until:
                    raise AnswerTooSlowError(bound)
        finally:
            begun.close()
        return httpx.Response(begun.status_code, headers=begun.headers, content=b"".join(pieces), request=begun.request)


def _client(settings: Settings, http: httpx.BaseTransport | None, *, proxied: bool) -> httpx.Client:
    certificates = trusted()
    try:
        return httpx.Client(
            base_url=settings.host,
            limits=_LIMITS,
            transport=http,
            trust_env=proxied,
            verify=certificates,
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": _user_agent(),
            },
        )
    except (ValueError, ImportError, httpx.InvalidURL):  # The URL is not shown: it may hold a password.
        raise SettingsError(
            "the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names cannot be used. Write it like "
            "http://proxy.example.com:3128; one of the kind socks5:// needs `pip install socksio`"
        ) from None


def _user_agent() -> str:
    try:
        return f"streamkap-pulumi/{version('streamkap-pulumi')}"
    except PackageNotFoundError:
        return "streamkap-pulumi"


def _query_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return value
