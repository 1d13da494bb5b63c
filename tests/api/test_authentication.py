"""The access token: when it is fetched, renewed and shared."""

from __future__ import annotations

import threading

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.authentication import Authentication
from streamkap_pulumi.api.errors import error_for
from streamkap_pulumi.api.models import Token
from tests.api.fake_api import always, client, streamkap, token_answer


def test_after_a_401_the_token_is_renewed_once_and_the_request_is_sent_again() -> None:
    """A second 401 in a row is an error."""
    tokens: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            tokens.append("fetched")
            return token_answer(len(tokens))
        fresh = request.headers["Authorization"] == "Bearer token-2"
        return httpx.Response(200, json={"result": []}) if fresh else httpx.Response(401, json={"detail": "expired"})

    assert streamkap(handler).sources.list().result == []
    assert len(tokens) == 2
    with pytest.raises(api.AuthenticationError):
        client(always(401, json={"detail": "no"})).sources.list()


def test_the_token_is_renewed_before_it_expires() -> None:
    """60 seconds before; if it lives shorter than five minutes, a fifth of its life."""
    now = [0.0]
    issued: list[int] = []

    def fetch() -> Token:
        issued.append(1)
        return Token.model_validate({"accessToken": f"token-{len(issued)}", "expiresIn": 1000})

    authentication = Authentication(fetch, clock=lambda: now[0])
    assert authentication.token() == "token-1"
    now[0] = 939.0
    assert authentication.token() == "token-1"
    now[0] = 941.0
    assert authentication.token() == "token-2"


def test_many_threads_with_one_refused_token_renew_it_once() -> None:
    """The others take the token that the first one fetched."""
    issued: list[int] = []
    barrier = threading.Barrier(16)

    def fetch() -> Token:
        issued.append(1)
        return Token.model_validate({"accessToken": f"token-{len(issued)}", "expiresIn": 0})

    authentication = Authentication(fetch)
    refused = authentication.token()
    got: list[str] = []

    def ask() -> None:
        barrier.wait()
        got.append(authentication.token(refused=refused))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == {"token-2"}
    assert len(issued) == 2


class TokenServer:
    """Gives tokens that live 1000 seconds, until it fails."""

    def __init__(self) -> None:
        self.now = 0.0
        self.fetched = 0
        self.failing = False
        self.authentication = Authentication(self.fetch, clock=lambda: self.now)

    def fetch(self) -> Token:
        self.fetched += 1
        if self.failing:
            raise error_for(operation="POST /auth/access-token", status=503)
        return Token.model_validate({"accessToken": f"token-{self.fetched}", "expiresIn": 1000})


def test_a_token_that_cannot_be_renewed_is_used_until_it_expires() -> None:
    """It is renewed early for this reason. The next try comes after a few seconds, not with each call."""
    server = TokenServer()
    assert server.authentication.token() == "token-1"
    server.failing, server.now = True, 950.0
    assert [server.authentication.token() for _ in range(3)] == ["token-1"] * 3
    assert server.fetched == 2
    server.now = 960.0
    assert (server.authentication.token(), server.fetched) == ("token-1", 3)
    server.failing, server.now = False, 970.0
    assert server.authentication.token() == "token-4"


def test_a_token_that_has_expired_or_was_refused_is_not_used() -> None:
    """Also if there is no other one."""
    server = TokenServer()
    token = server.authentication.token()
    server.failing, server.now = True, 1000.0
    with pytest.raises(api.GatewayError):
        server.authentication.token()
    server = TokenServer()
    token = server.authentication.token()
    server.failing = True
    with pytest.raises(api.GatewayError):
        server.authentication.token(refused=token)
    with pytest.raises(api.GatewayError):
        server.authentication.token()


def test_each_thread_raises_its_own_error() -> None:
    """A shared one would collect the tracebacks of all threads, and a change to it would reach all of them."""
    server = TokenServer()
    server.failing = True
    caught = []
    for _ in range(3):
        with pytest.raises(api.GatewayError) as failed:
            server.authentication.token()
        caught.append(failed.value)
    assert server.fetched == 1
    assert len({id(error) for error in caught}) == 3
    assert len({str(error) for error in caught}) == 1
