"""The routes of every kind of object, called for sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from streamkap_pulumi import api
from tests.api.fake_api import SOURCE, always, client


def test_a_create_sends_what_the_api_documents() -> None:
    """Query and body of `POST /sources`. Arguments that are not given are not sent."""
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(202, json=SOURCE)

    created = client(handler).sources.create(name="orders", connector="postgresql", config={"database.user": "me"})

    assert created.id == SOURCE["id"]
    assert dict(requests[0].url.params) == {"secret_returned": "true", "wait": "false"}
    assert json.loads(requests[0].content) == {
        "name": "orders",
        "connector": "postgresql",
        "config": {"database.user": "me"},
        "created_from": "api",
    }
    assert requests[0].headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("more", "query"),
    [({}, {"secret_returned": "true", "wait": "false"}), ({"wait": True}, {"secret_returned": "true", "wait": "true"})],
)
def test_post_and_put_send_any_body(more: dict[str, bool], query: dict[str, str]) -> None:
    """For callers that build it themselves, for any kind of object."""
    sent: list[tuple[str, dict[str, str], Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append((f"{request.method} {request.url.path}", dict(request.url.params), json.loads(request.content)))
        return httpx.Response(202, json=SOURCE)

    objects = client(handler).sources
    body = {"name": "orders", "tags": []}
    assert objects.post(body, **more).name == "orders"
    assert objects.put("1/2", body, **more).name == "orders"
    assert objects.put("3", lambda: {**body, "name": "later"}, **more).name == "orders"
    assert sent == [
        ("POST /sources", query, body),
        ("PUT /sources/1/2", query, body),
        ("PUT /sources/3", query, {**body, "name": "later"}),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"detail": "Source not found"}),
        httpx.Response(200, json={"total": 0, "page": 1, "page_size": 10, "result": []}),
        httpx.Response(200, json={"total": 0, "page": 1, "page_size": 10, "result": None}),
    ],
)
def test_a_missing_source_is_the_same_error_however_the_api_says_so(answer: httpx.Response) -> None:
    """A 404, an empty page and a null page are one `NotFoundError`."""
    with pytest.raises(api.NotFoundError):
        client(lambda _: answer).sources.get("64a1")


@pytest.mark.parametrize("wording", ["Source not found", "source does not exist", "no such source"])
@pytest.mark.parametrize("status", [400, 404])
def test_a_delete_knows_every_wording_for_a_missing_source(status: int, wording: str) -> None:
    """The API's delete route has several statuses and wordings for the same thing."""
    with pytest.raises(api.NotFoundError):
        client(always(status, json={"detail": wording})).sources.delete("64a1")


def test_the_404_page_of_a_web_server_does_not_mean_a_missing_source() -> None:
    """An HTML page does not come from the API."""
    page = always(404, text="<html><title>404</title>nginx</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(api.APIError) as caught:
        client(page).sources.delete("64a1")
    assert not isinstance(caught.value, api.NotFoundError)
    assert "nginx" not in str(caught.value)


def test_a_delete_may_be_answered_without_a_body() -> None:
    """Newer versions of the API do so."""
    deleted: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        deleted.append(request.url.path)
        return httpx.Response(200)

    client(handler).sources.delete("64a1")
    assert deleted == ["/sources/64a1"]


def test_a_different_source_is_not_accepted_as_the_answer() -> None:
    """A gateway may mix answers up, or the API may ignore the id."""
    page = {"result": [SOURCE], "total": 1}
    with pytest.raises(api.UnreadableAnswerError, match=r"GET /sources/9 answered with a different source"):
        client(always(200, json=page)).sources.get("9")
    assert client(always(200, json=page)).sources.get(str(SOURCE["id"])).name == "orders"


def test_an_answer_that_is_not_a_page_does_not_count_as_an_empty_one() -> None:
    """Otherwise the source would count as deleted."""
    for body in ({"anything": "else"}, {"result": "gone"}, {"result": [{"name": "without an id"}]}):
        with pytest.raises(api.UnreadableAnswerError):
            client(always(200, json=body)).sources.get("64a1")


def test_iterate_reads_until_a_short_page_whatever_the_total_says() -> None:
    """The API's totals are sometimes wrong, and a list that changes between two pages shows entries twice."""
    names = [f"{number:03}" for number in range(5)]

    def handler(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params["page"]) - 1) * 2
        entries = [{"id": name, "name": name} for name in (names[start : start + 2])]
        return httpx.Response(200, json={"total": 0, "page_size": 2, "result": entries, "has_next": False})

    found = [source.id for source in client(handler).sources.iterate(page_size=2)]
    assert found == names


def pages_of(*pages: dict[str, Any]) -> tuple[list[str], Callable[[httpx.Request], httpx.Response]]:
    """A server that returns these pages in turn, and the last one for ever; and the pages that were requested."""
    requests: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.params["page"])
        page = pages[min(len(requests), len(pages)) - 1]
        entries = [{"id": name, "name": name} for name in page["result"]]
        return httpx.Response(200, json=page | {"result": entries})

    return requests, handler


EMPTY: dict[str, Any] = {"result": [], "has_next": False}


@pytest.mark.parametrize(
    ("pages", "found", "requests"),
    [
        ([{"result": ["a"], "has_next": True}, {"result": ["b"], "has_next": False}], "ab", 2),
        ([{"result": ["a"], "total": 2}, {"result": ["b"], "total": 2}], "ab", 2),
        ([{"result": ["a"], "page_size": 1}, {"result": ["b"], "page_size": 1}, EMPTY], "ab", 3),
        ([{"result": ["a", "b"]}, {"result": ["b", "c"]}, {"result": ["d"]}], "abcd", 3),
        ([{"result": ["a", "b"], "has_next": True}], "ab", 2),
        ([{"result": ["a"], "total": 0, "has_next": False}], "a", 1),
    ],
    ids=["has_next", "total", "page_size", "same entry twice", "for ever the same", "short"],
)
def test_iterate_goes_on_while_anything_says_that_there_is_more(pages: list[Any], found: str, requests: int) -> None:
    """A short page alone does not end a list. A page that shows nothing new does."""
    counted, handler = pages_of(*pages)
    assert "".join(source.id for source in client(handler).sources.iterate(page_size=2)) == found
    assert len(counted) == requests


def test_a_name_that_moved_between_two_pages_is_found_by_reading_the_list_twice() -> None:
    """The list is read once if it has one page, or if the name was found."""
    first = {"result": ["a", "b"], "page_size": 2}
    counted, handler = pages_of(first, EMPTY, first, {"result": ["c"]})
    assert [source.id for source in client(handler).sources.named("c")] == ["c"]
    assert counted == ["1", "2", "1", "2"]
    for name, expected in (("b", ["b"]), ("c", [])):
        counted, handler = pages_of({"result": ["b"]})
        assert [source.id for source in client(handler).sources.named(name)] == expected
        assert counted == ["1"]


def test_iterate_never_asks_for_more_than_the_largest_page() -> None:
    """The API would return fewer, which resembles the last page."""
    sizes: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sizes.append(request.url.params["page_size"])
        return httpx.Response(200, json={"result": []})

    assert list(client(handler).sources.iterate(page_size=500)) == []
    assert sizes == ["100"]


def test_an_empty_id_is_refused() -> None:
    """It would address the whole list."""
    with pytest.raises(ValueError, match="the source id is empty"):
        client(always(200)).sources.delete("")
