"""The client against the emulator, over HTTP: it survives passing failures, and retries only what is safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.deleting import delete
from tests.lifecycle.samples import a_source

CONFIG = {"format": "json", "topic.include.list.user.defined": "orders"}

Call = Callable[[api.Streamkap, str], object]


@pytest.fixture
def client(emulator: Emulator, retry_waits: list[float]) -> Iterator[api.Streamkap]:
    """A client that does not wait between retries."""
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        yield streamkap


def create_source(client: api.Streamkap, name: str = "hook") -> str:
    return client.sources.create(name=name, connector="webhook", config=CONFIG).id


def put(client: api.Streamkap, source_id: str) -> object:
    return client.sources.update(source_id, name="hook", connector="webhook", config=CONFIG | {"format": "string"})


def get(client: api.Streamkap, source_id: str) -> object:
    return client.sources.get(source_id)


def remove(client: api.Streamkap, source_id: str) -> object:
    try:
        client.sources.delete(source_id)
    except api.NotFoundError as gone:
        # The first request deleted the source, and its answer was lost.
        return gone
    return None


def pause(client: api.Streamkap, source_id: str) -> object:
    client.sources.act(source_id, "pause")
    return None


def count_of(emulator: Emulator, method: str) -> int:
    return sum(request["method"] == method for request in emulator.requests() if "/sources" in request["path"])


PASSING: list[dict[str, Any]] = [
    {"html_5xx": 502},
    {"html_5xx": 503},
    {"html_5xx": 504},
    {"api_error": 503},
    {"api_error": 429},
    {"connection_drop": "before_commit"},
    {"connection_drop": "before_commit", "drop_style": "close"},
    {"connection_drop": "after_commit"},
    {"connection_drop": "mid_body"},
    {"connection_drop": "mid_body", "drop_style": "close"},
    {"truncated_json": "on"},
    {"unauthorized": "on"},
]
ON_WRITES: list[dict[str, Any]] = [
    {"gateway_before_commit": 502},
    {"gateway_after_commit": 504},
    {"kc_rebalance": "on"},
]


def once(faults: dict[str, Any]) -> dict[str, Any]:
    return {name: {"value": value, "times": 1} if name != "drop_style" else value for name, value in faults.items()}


@pytest.mark.parametrize("call", [get, put, remove], ids=lambda call: str(call.__name__))
@pytest.mark.parametrize("faults", [*PASSING, *ON_WRITES], ids=str)
def test_a_passing_failure_is_survived(
    faults: dict[str, Any], call: Call, emulator: Emulator, client: api.Streamkap
) -> None:
    """By reads, by deletes, and by calls that set values: two tries, and the source is as it should be."""
    source_id = create_source(client)
    emulator.forget_requests()
    emulator.faults(**once(faults))
    call(client, source_id)
    tries = [request for request in emulator.requests() if source_id in request["path"]]
    assert len(tries) == (1 if call is get and faults in ON_WRITES else 2)
    gone = call is remove
    if call is put:
        assert emulator.sources()[0]["config"]["format"] == "string"
    assert emulator.sources()[0]["deleted"] == gone


NOT_ACTED_ON: list[dict[str, Any]] = [{"api_error": 429}, {"unauthorized": "on"}]


@pytest.mark.parametrize("faults", [*PASSING, *ON_WRITES], ids=str)
def test_an_action_is_retried_only_if_it_cannot_have_been_done(
    faults: dict[str, Any], emulator: Emulator, client: api.Streamkap
) -> None:
    """The API does not document what a second one does; the caller can check (`streamkap_pulumi.lifecycle.actions`)."""
    source_id = create_source(client)
    emulator.forget_requests()
    emulator.faults(**once(faults))
    if faults in NOT_ACTED_ON:
        pause(client, source_id)
    else:
        with pytest.raises((api.NoAnswerError, api.ServerError)):
            pause(client, source_id)
    tries = [request for request in emulator.requests() if source_id in request["path"]]
    assert len(tries) == (2 if faults in NOT_ACTED_ON else 1)


@pytest.mark.parametrize(
    ("faults", "tries", "created"),
    [
        ({"api_error": 429}, 2, True),
        ({"unauthorized": "on"}, 2, True),
        ({"gateway_before_commit": 502}, 1, False),
        ({"gateway_after_commit": 504}, 1, True),
        ({"html_5xx": 503}, 1, False),
        ({"kc_rebalance": "on"}, 1, False),
        ({"connection_drop": "before_commit"}, 1, False),
        ({"connection_drop": "after_commit"}, 1, True),
        ({"connection_drop": "mid_body"}, 1, True),
        ({"truncated_json": "on"}, 1, True),
    ],
    ids=str,
)
def test_a_create_is_retried_only_if_the_api_cannot_have_acted_on_it(
    faults: dict[str, Any], tries: int, created: bool, emulator: Emulator, client: api.Streamkap
) -> None:
    """No second source, and no misleading error about a name that is taken."""
    client.whoami()
    emulator.faults(**once(faults))
    if tries == 2:
        create_source(client)
    else:
        with pytest.raises((api.NoAnswerError, api.ServerError)) as caught:
            create_source(client)
        assert "<" not in str(caught.value)
    assert count_of(emulator, "POST") == tries
    assert len(emulator.sources()) == created


def test_a_delete_succeeds_though_its_answer_was_lost(emulator: Emulator, client: api.Streamkap) -> None:
    """The second request is answered that the source does not exist, which is what was wanted."""
    declared = a_source(name="hook", connector="webhook", config=dict(CONFIG))
    source_id, recorded = create(Context(SOURCE, client), declared)
    emulator.faults(connection_drop={"value": "after_commit", "times": 1, "methods": ["DELETE"]})
    delete(Context(SOURCE, client), source_id, recorded)
    assert count_of(emulator, "DELETE") == 2
    assert emulator.sources()[0]["deleted"]


@pytest.mark.parametrize("way", ["seconds", "http-date"])
def test_a_429_is_waited_for_as_long_as_it_says(
    way: str, emulator: Emulator, client: api.Streamkap, retry_waits: list[float]
) -> None:
    """In seconds and as a date, also by a create. The wait is reported."""
    client.whoami()
    reported: list[str] = []
    emulator.faults(api_error=None, rate_limit={"value": 0, "times": 1}, retry_after=way, retry_after_seconds=3)
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, report=reported.append) as reporting:
        create_source(reporting)
    waited = max(retry_waits)
    # A date has whole seconds, and up to a second is added so that threads do not come back together.
    assert (3 if way == "seconds" else 2) <= waited <= 4
    assert len(emulator.sources()) == 1
    if way == "seconds":
        expected = "Streamkap: POST /sources answered 429 (too many requests); trying again in 3 s (try 2 of 6)"
        assert reported == [expected]


def test_the_request_for_a_token_is_retried(emulator: Emulator, client: api.Streamkap) -> None:
    """Once, if its answer is lost."""
    emulator.faults(html_5xx={"value": 503, "times": 1, "path": "/auth/access-token"})
    assert client.sources.list().result == []
    paths = [request["path"] for request in emulator.requests()]
    assert paths == ["/auth/access-token", "/auth/access-token", "/sources"]


def test_tokens_that_were_revoked_are_renewed_once_for_all_threads(emulator: Emulator, client: api.Streamkap) -> None:
    """Every thread that was refused with the old token takes the new one."""
    client.whoami()
    emulator.revoke_tokens()
    emulator.forget_requests()
    barrier = threading.Barrier(16)

    def read(_: int) -> object:
        barrier.wait()
        return client.sources.list().result

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(read, range(16))) == [[]] * 16
    tokens = [request for request in emulator.requests() if request["path"] == "/auth/access-token"]
    assert len(tokens) == 1


@pytest.mark.long
@pytest.mark.parametrize("retry_after", ["none", "seconds"])
def test_fifty_threads_get_through_a_rate_limit_with_tokens_that_expire_every_two_seconds(
    retry_after: str, emulator: Emulator
) -> None:
    """Each creates, reads, changes and deletes a source, at ten requests per second for all of them."""
    emulator.faults(token_ttl=2, rate_limit=10, retry_after=retry_after)
    reported: list[str] = []
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, report=reported.append) as client:

        def live(number: int) -> str:
            source_id = create_source(client, f"hook-{number}")
            client.sources.get(source_id)
            client.sources.update(source_id, name=f"hook-{number}", connector="webhook", config=CONFIG)
            client.sources.delete(source_id)
            return source_id

        with ThreadPoolExecutor(50) as threads:
            assert len(set(threads.map(live, range(50)))) == 50
    assert all(source["deleted"] for source in emulator.sources())
    assert len(emulator.sources()) == 50
    tokens = [request for request in emulator.requests() if request["path"] == "/auth/access-token"]
    refused = [request for request in emulator.requests() if request["status"] == 429]
    assert len(tokens) > 5
    assert len(refused) < len(emulator.requests()) / 2
    assert all("answered 429" in text or "too many requests" in text for text in reported)
