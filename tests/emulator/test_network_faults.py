"""Network faults: gateways, limits, lost connections, broken answers, clocks."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.emulator.conftest import Held
from tests.emulator.samples import PASSWORD, Api, client_of, detail, source

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateway_after_commit_carries_it_out_and_answers_html(api: Api, emulator: Emulator, status: int) -> None:
    """The important one: the source exists, and the client does not know."""
    emulator.faults(gateway_after_commit={"value": status, "times": 1})
    answer = api.post("/sources?wait=false", json=source())
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert "<html>" in answer.text
    assert "x-request-id" not in answer.headers
    assert [entry["name"] for entry in api.get("/sources").json()["result"]] == ["orders"]


def test_gateway_after_commit_does_not_affect_refusals(api: Api, emulator: Emulator) -> None:
    """Nothing was committed, so nothing counts."""
    emulator.faults(gateway_after_commit={"value": 502, "times": 1})
    assert api.post("/sources", json=source(connector="nothing")).status_code == 400
    assert api.post("/sources", json=source()).status_code == 502


def test_gateway_before_commit_does_nothing_and_answers_html(api: Api, emulator: Emulator) -> None:
    """The source does not exist."""
    emulator.faults(gateway_before_commit=503)
    assert api.post("/sources", json=source()).status_code == 503
    assert emulator.sources() == []


def test_html_5xx_affects_every_request_but_a_login(api: Api, emulator: Emulator) -> None:
    """With a path it can affect the login."""
    emulator.faults(html_5xx=500)
    assert api.get("/sources").status_code == 500
    assert api.get("/auth/whoami").status_code == 200
    api.login()
    emulator.faults(html_5xx="502;path=/auth")
    login = {"client_id": "demo-client", "secret": "demo-secret"}
    assert api.post("/auth/access-token", json=login).status_code == 502
    assert api.get("/sources").status_code == 200


def test_gateway_pages_can_have_the_request_id(api: Api, emulator: Emulator) -> None:
    """By default they come from a load balancer, which has none; so does the one after `wait_limit`."""
    emulator.faults(stuck="on", wait_limit=0)
    answer = api.post("/sources", json=source())
    assert (answer.status_code, "x-request-id" in answer.headers) == (504, False)
    emulator.faults(gateway_request_id="on", html_5xx=502)
    assert api.get("/sources", headers={"X-Request-Id": "mine"}).headers["x-request-id"] == "mine"


def test_login_page_is_html_with_200(api: Api, emulator: Emulator) -> None:
    """As from a proxy that requires a login."""
    emulator.faults(login_page="on")
    answer = api.post("/sources", json=source())
    assert (answer.status_code, answer.headers["content-type"], "Sign in" in answer.text) == (200, "text/html", True)
    assert emulator.sources() == []


def test_api_error_answers_any_status_with_a_detail(api: Api, emulator: Emulator) -> None:
    """In the form of the API's own refusals."""
    emulator.faults(api_error=418)
    answer = api.get("/sources")
    assert (answer.status_code, detail(answer)) == (418, "The request could not be processed")
    emulator.faults(api_error=500, api_error_text="Kafka Connect call timed out on all nodes")
    answer = api.get("/sources")
    assert (answer.status_code, detail(answer)) == (500, "Kafka Connect call timed out on all nodes")


def test_rate_limit_answers_429_above_the_limit(api: Api, emulator: Emulator, later: Callable[[float], None]) -> None:
    """A second later requests succeed again."""
    later(1)
    emulator.faults(rate_limit=2)
    assert [api.get("/sources").status_code for _ in range(4)] == [200, 200, 429, 429]
    assert "retry-after" not in api.get("/sources").headers
    later(1)
    assert api.get("/sources").status_code == 200


def test_retry_after_comes_in_seconds_or_as_a_date(api: Api, emulator: Emulator) -> None:
    """The standard allows both."""
    emulator.faults(rate_limit=0, retry_after="seconds", retry_after_seconds=7)
    assert api.get("/sources").headers["retry-after"] == "7"
    emulator.faults(retry_after="http-date", retry_after_seconds=60)
    at = parsedate_to_datetime(api.get("/sources").headers["retry-after"]).timestamp()
    assert 57 < at - time.time() < 62


def test_details_come_in_every_shape(api: Api, emulator: Emulator) -> None:
    """A string, a list, an object, null and the empty string."""
    shapes = {}
    for style in ("string", "list", "object", "null", "empty"):
        emulator.faults(detail_style=style)
        shapes[style] = detail(api.delete("/sources/nobody"))
    assert shapes["string"] == "Source not found"
    assert shapes["list"][0]["msg"] == "Source not found"
    assert shapes["object"]["message"] == "Source not found"
    assert (shapes["null"], shapes["empty"]) == (None, "")


def test_error_echoes_secrets_puts_them_into_the_message(api: Api, emulator: Emulator) -> None:
    """Like a database's error that quotes the connection string."""
    emulator.faults(error_echoes_secrets="on")
    assert PASSWORD in detail(api.post("/sources", json=source(connector="nothing")))
    assert "streamkap" not in detail(api.post("/sources", json=source(connector="nothing")))
    emulator.faults(error_echoes_secrets="all")
    token = api.headers["authorization"].split()[1]
    assert {PASSWORD, "streamkap", token} <= set(detail(api.post("/sources", json=source(connector="nothing"))).split())
    refused = api.post("/auth/access-token", json={"client_id": "demo-client", "secret": "a wrong one"})
    assert "a wrong one" in detail(refused)


def test_unauthorized_answers_401_in_mid_run(api: Api, emulator: Emulator) -> None:
    """Once, as for a token that has just expired, and only within the scope."""
    emulator.faults(unauthorized={"value": "on", "times": 1, "after": 1})
    assert [api.get("/sources").status_code for _ in range(3)] == [200, 401, 200]


def test_forbidden_answers_403(api: Api, emulator: Emulator) -> None:
    """Even to those who have the permission."""
    emulator.faults(forbidden={"value": "on", "methods": ["DELETE"]})
    assert api.get("/sources").status_code == 200
    answer = api.delete("/sources/x")
    assert (answer.status_code, detail(answer)) == (403, "You do not have permission to perform this action")


@pytest.mark.parametrize(("style", "error"), [("reset", httpx.ReadError), ("close", httpx.RemoteProtocolError)])
def test_a_connection_dropped_before_the_commit_creates_nothing(
    emulator: Emulator, api: Api, style: str, error: type[httpx.TransportError]
) -> None:
    """The socket is really reset, or really closed."""
    emulator.faults(connection_drop={"value": "before_commit", "times": 1}, drop_style=style)
    with pytest.raises(error):
        api.post("/sources", json=source())
    assert emulator.sources() == []
    assert emulator.requests()[-1]["status"] is None
    assert api.get("/sources").status_code == 200


@pytest.mark.parametrize(("style", "error"), [("reset", httpx.ReadError), ("close", httpx.RemoteProtocolError)])
def test_a_connection_dropped_after_the_commit_leaves_the_source(
    emulator: Emulator, api: Api, style: str, error: type[httpx.TransportError]
) -> None:
    """And the client cannot know."""
    emulator.faults(connection_drop="after_commit;times=1;method=POST", drop_style=style)
    with pytest.raises(error):
        api.post("/sources?wait=false", json=source())
    assert [entry["name"] for entry in emulator.sources()] == ["orders"]


@pytest.mark.parametrize("style", ["reset", "close"])
def test_a_connection_can_end_in_the_middle_of_the_answer(emulator: Emulator, api: Api, style: str) -> None:
    """Only half of the announced length arrives."""
    emulator.faults(connection_drop={"value": "mid_body", "times": 1}, drop_style=style)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)) as caught:
        api.post("/sources?wait=false", json=source())
    assert style == "reset" or "incomplete" in str(caught.value) or "without sending complete" in str(caught.value)
    assert len(emulator.sources()) == 1


def test_truncated_json_is_a_complete_answer_with_half_the_json(api: Api, emulator: Emulator) -> None:
    """Its length is right, but it cannot be parsed."""
    emulator.faults(truncated_json="on")
    answer = api.get("/sources/connectors?connector_code=mysql")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_empty_200_is_an_answer_without_a_body(api: Api, emulator: Emulator) -> None:
    """Errors stay as they are."""
    emulator.faults(empty_200="on")
    answer = api.post("/sources?wait=false", json=source())
    assert (answer.status_code, answer.content) == (200, b"")
    assert api.delete("/sources/nobody").status_code == 404


@pytest.mark.parametrize(("shape", "seen"), [("null", None), ("text", "ok")])
def test_wrong_shape_can_be_null_or_a_string(api: Api, emulator: Emulator, shape: str, seen: Any) -> None:
    """Valid JSON, but useless."""
    emulator.faults(wrong_shape=shape)
    assert api.get("/sources").json() == seen


def test_wrong_shape_can_be_a_list_or_lack_the_id(api: Api, emulator: Emulator) -> None:
    """Inside an envelope, too."""
    source_id = api.new()["id"]
    emulator.faults(wrong_shape="list")
    assert api.get(f"/sources/{source_id}").json()[0]["result"][0]["id"] == source_id
    emulator.faults(wrong_shape="no_id")
    (found,) = api.get(f"/sources/{source_id}").json()["result"]
    assert (found["name"], "id" in found) == ("orders", False)


@pytest.mark.parametrize(("name", "done"), [("latency_before_commit", 0), ("latency_after_commit", 1)])
def test_latency_passes_before_or_after_the_commit(
    api: Api, emulator: Emulator, held: Held, name: str, done: int
) -> None:
    """A client that gives up before the answer does not know whether the request was carried out."""
    emulator.faults(**{name: 0.5})
    with pytest.raises(httpx.ReadTimeout):
        api.post("/sources?wait=false", json=source(), timeout=0.2)
    assert (held.begun.is_set(), len(emulator.sources())) == (True, done)


def test_latency_before_commit_delays_the_answer(api: Api, emulator: Emulator) -> None:
    """And nothing else."""
    emulator.faults(latency_before_commit=0.2)
    started = time.monotonic()
    assert api.get("/sources").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_latency_after_commit_delays_the_answer(api: Api, emulator: Emulator) -> None:
    """And nothing else."""
    emulator.faults(latency_after_commit=0.2)
    started = time.monotonic()
    assert api.get("/sources").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_clock_skew_moves_the_servers_clock(api: Api, emulator: Emulator) -> None:
    """In the Date header and in new objects, so that the two agree."""
    emulator.faults(clock_skew=-3600)
    answer = api.post("/sources", json=source())
    date = parsedate_to_datetime(answer.headers["date"]).timestamp()
    created = datetime.fromisoformat(answer.json()["created_timestamp"].replace("Z", "+00:00")).timestamp()
    assert -3605 < date - time.time() < -3595
    assert abs(date - created) < 5


def test_a_request_with_an_unfinished_body_is_not_carried_out(api: Api, emulator: Emulator) -> None:
    """Even if the part that arrived would have been a complete source."""
    body = json.dumps(source()).encode()
    head = f"POST /sources HTTP/1.1\r\nHost: x\r\nAuthorization: {api.headers['Authorization']}\r\n"
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2]))) as connection:
        connection.sendall(head.encode() + f"Content-Length: {len(body) + 1}\r\n\r\n".encode() + body)
    # What arrives later is answered later: the connection's end has been seen by then.
    assert [api.get("/sources").status_code for _ in range(3)] == [200] * 3
    assert emulator.sources() == []


def test_a_network_fault_does_not_affect_other_connections(api: Api, emulator: Emulator) -> None:
    """Only the request's own connection is dropped."""
    with client_of(emulator) as other:
        other.login()
        emulator.faults(connection_drop={"value": "before_commit", "path": "^/sources/x$"})
        with pytest.raises(httpx.ReadError):
            api.get("/sources/x")
        assert other.get("/sources").status_code == 200
