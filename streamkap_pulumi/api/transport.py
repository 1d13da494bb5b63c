"""Sends an operation to the API, and returns the JSON of its answer or raises an error of the tree."""

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
from streamkap_pulumi.api.interruption import Interruption, interruptible
from streamkap_pulumi.api.models import Token
from streamkap_pulumi.api.network import (
    AnswerTooSlowError,
    connection_error,
    not_the_api,
    proxy_credentials,
    proxy_variable,
    trusted_certificates,
)
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.api.retrying import Effect, RetryPolicy
from streamkap_pulumi.api.settings import Settings, is_loopback
from streamkap_pulumi.api.throttle import Throttle

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30.0)
"""One connection for each thread of the provider. Idle ones are closed well before a load balancer closes them."""

_LONGEST_ANSWER = 5.0
"""How many read time-outs a whole answer may take."""

_AUTHENTICATION = "POST /auth/access-token"
_NO_ROUTE = frozenset({404, 405, 501})
"""What servers without such a route answer: 405 and 501 come from a file server, which has no POST."""

_PATIENCE_AFTER_INTERRUPTION = 5.0
"""Seconds that a read has left once the run was interrupted."""


class Transport:
    """One host and one set of credentials. Threads may share it, and then share its connections.

    Args:
        settings: host, credentials and bounds. Credentials are not needed before the first request.
        report: receives a line for each retry of a call that takes more than a few seconds.
        redaction: knows what no error may quote. It learns the credentials, and the secrets in what is sent.
        http: a transport of httpx, used instead of the network.
        clock: seconds, counted from any moment.
        interruption: ends waits and retries; afterwards nothing that changes something is sent.

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
        # This machine is never reached through a proxy.
        self._proxied = http is None and not is_loopback(settings.host)
        self._client = _client(settings, http, proxied=self._proxied)
        self._authentication = Authentication(self._fetch_token, clock)
        report = report or (lambda _: None)
        self._retries = RetryPolicy(settings.retries, report, clock, self._interruption)
        self._throttle = Throttle(clock, self._interruption.sleep, report)
        self.server_clock = ServerClock(clock)
        self._redaction = (redaction or Redaction()).learn([settings.secret])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def authenticate(self) -> None:
        """Get a token if there is none."""
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
        """Send a request and return the JSON of its answer; None for a success without a body.

        After a 401 the token is renewed once and the request is sent again: the API did not act on the first one. What
        else is retried depends on `effect`, see `streamkap_pulumi.api.retrying`. If `body` is a function it is called
        before each try; what it raises ends the call.

        Raises:
            StreamkapError: any of the tree.
        """
        operation = f"{method} {path}"

        def once() -> Any:
            self._refuse_if_interrupted(operation, effect)
            content = body() if callable(body) else body
            self._redaction.learn(passwords.named(content))

            def send(token: str) -> httpx.Response:
                self._refuse_if_interrupted(operation, effect)
                return self._send(method, path, query=query, body=content, token=token)

            turn = self._throttle.wait()
            # The token comes after the turn: it may expire during the wait.
            token = self._authentication.token()
            answer = send(token)
            if answer.status_code == 401:
                turn = self._throttle.wait()
                token = self._authentication.token(refused=token)
                answer = send(token)
            return self._throttled(operation, answer, turn)

        return self._retries.run(effect, operation, once)

    def _refuse_if_interrupted(self, operation: str, effect: Effect) -> None:
        """Send nothing that changes something after an interruption. A read may still show how things ended.

        Raises:
            InterruptedRunError: it would change something.
        """
        if self._interruption.came and effect not in {Effect.READS, Effect.POLLS}:
            raise InterruptedRunError(f"the run was interrupted, so {operation} was not sent", operation=operation)

    def _throttled(self, operation: str, answer: httpx.Response, turn: float) -> Any:
        """The answer's JSON or its error, which sets the pace of the next requests."""
        try:
            decoded = self._decode(operation, answer)
        except RateLimitedError:
            self._throttle.refused(turn)
            raise
        self._throttle.accepted()
        return decoded

    def _decode(self, operation: str, answer: httpx.Response) -> Any:
        """The answer's JSON, or its error, which clears the secrets that a server or a gateway quotes."""
        try:
            return decode(operation, answer, self._redaction)
        except APIError as error:
            error.remedy = self._remedy(operation, error) or error.remedy
            raise

    def _remedy(self, operation: str, error: APIError) -> str:
        """What helps if a proxy refused, or if the host is not the API; otherwise empty."""
        proxy = proxy_variable(self._settings.host) if self._proxied else None
        if error.status == 407 and proxy:
            return proxy_credentials(proxy)
        return not_the_api(self._settings) if operation == _AUTHENTICATION and error.status in _NO_ROUTE else ""

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

        return self._retries.run(Effect.READS, operation, once)

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

        def exchange() -> httpx.Response:
            return self._complete(self._client.send(request, stream=True))

        operation, patience = f"{method} {path}", _PATIENCE_AFTER_INTERRUPTION
        try:
            is_read = self._may_be_interrupted and method == "GET"
            answer = interruptible(exchange, self._interruption, patience) if is_read else exchange()
        except TimeoutError:
            raise NoAnswerError(
                f"{operation}: no complete answer from {self._settings.host} (nothing came in the {patience:g} s after "
                "the run was interrupted)",
                operation=operation,
            ) from None
        except httpx.HTTPError as error:
            raise connection_error(
                operation, error, self._settings, proxied=self._proxied, clear=self._redaction.text
            ) from None
        if not answer.is_error:  # An error may come from a gateway, which has its own clock.
            self.server_clock.observe(answer.headers.get("Date"))
        return answer

    def _time_outs(self) -> httpx.Timeout:
        bounds = self._settings.timeouts
        connect, read, pool = (
            min(seconds, _PATIENCE_AFTER_INTERRUPTION) if self._interruption.came else seconds
            for seconds in (bounds.connect, bounds.read, bounds.pool)
        )
        return httpx.Timeout(read, connect=connect, pool=pool)

    def _complete(self, begun: httpx.Response) -> httpx.Response:
        """The answer with all of its body. httpx limits the time between two pieces, but not the whole.

        Raises:
            AnswerTooSlowError: it is not complete in time.
        """
        if begun.is_stream_consumed:  # A transport that replaces the network may return it complete.
            return begun
        limit = _LONGEST_ANSWER * self._settings.timeouts.read
        until = self._clock() + limit
        pieces = []
        try:
            for piece in begun.iter_raw():
                pieces.append(piece)
                if self._clock() > until:
                    raise AnswerTooSlowError(limit)
        finally:
            begun.close()
        return httpx.Response(begun.status_code, headers=begun.headers, content=b"".join(pieces), request=begun.request)


def _client(settings: Settings, http: httpx.BaseTransport | None, *, proxied: bool) -> httpx.Client:
    certificates = trusted_certificates()
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
            "the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used. Write it like "
            "http://proxy.example.com:3128; a socks5:// proxy needs `pip install socksio`"
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
