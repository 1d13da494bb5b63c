"""Which error an answer becomes, and what is read from its headers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.answers import ServerClock
from tests.api.fake_api import always, client


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("A source with name 'x' already exists", "A source with name 'x' already exists"),
        ([{"loc": ["body", "config"], "msg": "Field required", "input": "s3cret"}], "config: Field required"),
        ({"code": "busy", "message": "Come again", "issues": [{"message": "now"}]}, "busy: Come again (now)"),
        (None, ""),
        ("", ""),
    ],
)
def test_an_error_shows_what_the_api_says_in_whatever_shape(detail: Any, reason: str) -> None:
    """A string, a list, an object, nothing. The input that a complaint quotes is not shown: it may be a secret."""
    with pytest.raises(api.InvalidRequestError) as caught:
        client(always(422, json={"detail": detail}, headers={"X-Request-Id": "r-1"})).sources.deploy("64a1")
    assert caught.value.reason == reason
    assert "(request id r-1)" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"json": {"message": "no such token"}}, "no such token"),
        ({"json": {"error": "invalid_client", "error_description": "wrong secret"}}, "wrong secret"),
        ({"json": {"errors": ["wrong", "secret"]}}, "wrong; secret"),
        ({"text": "try later"}, "try later"),
    ],
)
def test_an_error_shows_what_another_server_says(body: dict[str, Any], reason: str) -> None:
    """An identity provider has its own names for `detail`."""
    with pytest.raises(api.PermissionDeniedError) as caught:
        client(always(403, **body)).sources.list()
    assert caught.value.reason == reason


def test_an_html_page_is_never_shown() -> None:
    """Neither in an error nor after a success."""
    html = {"text": "<html>gateway time-out</html>", "headers": {"Content-Type": "text/html"}}
    with pytest.raises(api.GatewayError) as refused:
        client(always(504, **html)).sources.list()
    with pytest.raises(api.UnreadableAnswerError) as accepted:
        client(always(200, **html)).sources.list()
    assert "time-out" not in f"{refused.value} {accepted.value}"


@pytest.mark.parametrize(
    "response",
    [{"text": "id: 1"}, {"json": ["not", "a", "source"]}, {"json": {"name": "no id"}}, {"content": b""}],
)
def test_a_success_of_an_undocumented_shape_is_an_error(response: dict[str, Any]) -> None:
    """Something that is not JSON, a list, an object without an id, an empty body."""
    with pytest.raises(api.UnreadableAnswerError) as caught:
        client(always(200, **response)).sources.create(name="a", connector="b", config={})
    assert "POST /sources" in str(caught.value)


@pytest.mark.parametrize("text", ['{"id": ', '{"id": "64a1', '[{"id": "64a1"}', "{"])
def test_json_that_is_cut_off_counts_as_no_answer(text: str) -> None:
    """It is not known whether the API acted on the request."""
    with pytest.raises(api.NoAnswerError, match="POST /sources: the answer is cut off"):
        client(always(200, text=text)).sources.create(name="a", connector="b", config={})


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://login.example.com/a?token=s3cret", "login.example.com"),
        ("https://me:s3cret@sso.example.com/", "sso.example.com"),
        ("/login?next=s3cret", "streamkap.test"),
        ("", "streamkap.test"),
    ],
)
def test_only_the_host_of_a_redirect_is_shown(location: str, shown: str) -> None:
    """The rest may hold a password, or what was sent."""
    with pytest.raises(api.UnreadableAnswerError, match=rf"was redirected to {shown}: streamkap\.test does") as caught:
        client(always(302, headers={"Location": location})).sources.list()
    assert "s3cret" not in str(caught.value)


def test_the_server_clock_runs_on_from_the_last_answer() -> None:
    """It does not depend on the clock of this machine. A `Date` that cannot be read changes nothing."""
    now = [100.0]
    clock = ServerClock(lambda: now[0])
    assert clock.now() is None
    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")
    now[0] += 2.5
    expected = datetime(2015, 10, 21, 7, 28, 2, 500_000, timezone.utc)
    for date in (None, "soon"):
        clock.observe(date)
        assert clock.now() == expected
