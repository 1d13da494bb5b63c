"""After an interruption: no wait goes on, nothing is retried, and nothing that changes something is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.throttle import Throttle
from streamkap_pulumi.api.transport import Transport

PATIENCE = 20.0


class Server:
    """Answers with one status, and interrupts the run at request number `interrupted_at`."""

    def __init__(self, status: int, *, interrupted_at: int = 0, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.interruption = api.Interruption()
        self.interrupted_at = interrupted_at
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            return httpx.Response(200, json={"accessToken": "a-token", "expiresIn": 3600})
        self.requests.append(request.method)
        if len(self.requests) == self.interrupted_at:
            self.interruption.interrupt()
        return httpx.Response(self.status, headers=self.headers, json={})

    def request(self, effect: Effect, method: str = "GET") -> None:
        settings = api.Settings("https://streamkap.test", "me", "x", retries=api.Retries(seconds=600))
        http = httpx.MockTransport(self)
        Transport(settings, http=http, interruption=self.interruption).request(method, "/sources", effect=effect)


@pytest.mark.parametrize("effect", [Effect.CREATES, Effect.SETS, Effect.DELETES])
def test_a_request_that_changes_something_is_not_sent(effect: Effect) -> None:
    """The error says that nothing was sent."""
    server = Server(200)
    server.interruption.interrupt()
    with pytest.raises(api.InterruptedRunError, match="the run was interrupted, so PUT /sources was not sent"):
        server.request(effect, "PUT")
    assert server.requests == []


@pytest.mark.parametrize("effect", [Effect.READS, Effect.POLLS])
def test_a_read_may_still_show_how_things_ended(effect: Effect) -> None:
    """It changes nothing."""
    server = Server(200)
    server.interruption.interrupt()
    server.request(effect)
    assert server.requests == ["GET"]


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "300"}), (503, {})])
def test_no_call_is_retried(effect: Effect, status: int, headers: dict[str, str]) -> None:
    """The request under way is finished, and its error is raised."""
    server = Server(status, interrupted_at=1, headers=headers)
    with pytest.raises(api.APIError) as caught:
        server.request(effect)
    assert (caught.value.status, server.requests) == (status, ["GET"])


def test_a_read_is_given_up_if_its_answer_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that changes something is finished: otherwise nobody would know what it did."""
    monkeypatch.setattr("streamkap_pulumi.api.transport._PATIENCE_AFTER_INTERRUPTION", 0.2)
    released, server = threading.Event(), Server(200)

    def hang(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/auth/access-token":
            server.interruption.interrupt()
            released.wait(2.0 if request.method == "PUT" else PATIENCE)
        return server(request)

    settings = api.Settings("https://streamkap.test", "me", "x")
    transport = Transport(settings, http=httpx.MockTransport(hang), interruption=server.interruption)
    transport.request("PUT", "/sources", effect=Effect.SETS)
    for effect in (Effect.READS, Effect.POLLS):
        with pytest.raises(api.NoAnswerError, match=r"nothing came in the 0\.2 s after the run was interrupted"):
            transport.request("GET", "/sources", effect=effect)
    released.set()
    assert server.requests[0] == "PUT"


def test_a_wait_between_two_tries_ends_at_once() -> None:
    """Streamkap asked to wait five minutes."""
    server = Server(429, headers={"Retry-After": "300"})
    threading.Timer(0.2, server.interruption.interrupt).start()
    began = time.monotonic()
    with pytest.raises(api.RateLimitedError, match="not retried, since the run was interrupted"):
        server.request(Effect.CREATES)
    assert (time.monotonic() - began < PATIENCE, server.requests) == (True, ["GET"])


def test_a_write_that_was_refused_with_401_is_not_sent_again() -> None:
    """So the token is not renewed for it."""
    server = Server(401, interrupted_at=1)
    with pytest.raises(api.InterruptedRunError):
        server.request(Effect.CREATES, "POST")
    assert server.requests == ["POST"]


def test_a_wait_for_a_turn_ends_at_once() -> None:
    """After a 429 many threads share one pace, and the last one may wait for minutes."""
    interruption = api.Interruption()
    throttle = Throttle(sleep=interruption.sleep)
    for _ in range(20):
        throttle.refused(throttle.wait() if throttle._gap == 0 else throttle._next + 1)
    throttle._next = time.monotonic() + 600
    threading.Timer(0.2, interruption.interrupt).start()
    began = time.monotonic()
    throttle.wait()
    assert time.monotonic() - began < PATIENCE
