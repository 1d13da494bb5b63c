"""Which error an answer is, and what its words mean. The texts are those that are known of the API."""

from __future__ import annotations

from copy import copy

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.authentication import Authentication
from streamkap_pulumi.api.errors import error_for
from streamkap_pulumi.api.models import Token
from tests.api.test_client import SOURCE, always, client


@pytest.mark.parametrize(
    ("detail", "taken"),
    [
        ("A source with name 'orders' already exists", True),
        ("Source with this name already exists", True),
        ("Source name 'orders' already exists", True),
        ("Entity with this name already exists", True),
        ("Name 'orders' already exists", True),
        ([{"loc": ["body", "name"], "msg": "A source with name 'orders' already exists"}], True),
        ({"code": "taken", "message": "A source with name 'orders' already exists"}, True),
        ("Publication with name 'pub' already exists", False),
        ("Replication Slot Name and Publication Name already exist for this database", False),
        ("Publication name 'pub' already exists on the database of source 'other'", False),
        ("A tag with identical properties already exists.", False),
        ("A source with this name was not found", False),
    ],
)
def test_only_the_name_of_the_object_itself_counts_as_taken(detail: object, taken: bool) -> None:
    """A database's publication may exist already, too, and is no source."""
    for status in (400, 409, 422):
        assert error_for(operation="POST /sources", status=status, detail=detail).name_is_taken is taken
    assert not error_for(operation="POST /sources", status=500, detail=detail).name_is_taken


@pytest.mark.parametrize(
    ("status", "html", "gateway"),
    [
        *[(status, False, False) for status in (500, 501, 519, 528)],
        *[(status, False, True) for status in (502, 503, 504, *range(520, 528))],
        *[(status, True, True) for status in (500, 505, 511)],
    ],
)
def test_a_gateways_answer_is_known_by_its_status_or_its_page(status: int, html: bool, gateway: bool) -> None:
    """The API itself answers JSON, so whoever sends a page of HTML may have handed the request on."""
    error = error_for(operation="POST /sources", status=status, detail=None, html=html)
    assert isinstance(error, api.GatewayError) is gateway


def test_another_source_than_the_one_that_was_asked_for_is_no_answer() -> None:
    """As when a gateway mixes answers up, or a filter is ignored."""
    page = {"result": [SOURCE], "total": 1}
    with pytest.raises(api.UnreadableAnswerError, match=r"GET /sources/9 answered with a different source"):
        client(always(200, json=page)).sources.get("9")
    assert client(always(200, json=page)).sources.get(str(SOURCE["id"])).name == "orders"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://login.example.com/a?token=s3cret", "login.example.com"),
        ("https://me:s3cret@sso.example.com/", "sso.example.com"),
        ("/login?next=s3cret", "streamkap.test"),
        ("", "streamkap.test"),
    ],
)
def test_of_a_redirection_only_the_host_is_told(location: str, shown: str) -> None:
    """The rest may hold a password, or what was sent."""
    with pytest.raises(api.UnreadableAnswerError, match=rf"was redirected to {shown}: streamkap\.test does") as caught:
        client(always(302, headers={"Location": location})).sources.list()
    assert "s3cret" not in str(caught.value)


def test_a_refusal_keeps_its_own_kind_when_it_is_not_taken_for_a_miss() -> None:
    """The words of a 400 may be those for something that is missing, and mean a cluster."""
    missed = error_for(operation="DELETE /sources/1", status=400, detail="Cluster 'kc-2' not found").as_not_found()
    assert isinstance(missed, api.NotFoundError)
    assert type(missed.as_answered()) is api.BadRequestError
    assert str(missed.as_answered()) == str(missed)


@pytest.mark.parametrize(
    "error",
    [
        api.NoAnswerError("no answer", operation="GET /sources"),
        api.ConnectionFailedError("refused", operation="GET /sources", permanent=True),
        error_for(operation="GET /sources", status=503, detail="busy", request_id="r-1"),
    ],
)
def test_a_copy_of_an_error_is_the_error_without_its_trace(error: api.StreamkapError) -> None:
    """With all that it tells."""
    error.effort = "tried 2 times in 3 s"
    try:
        raise error
    except api.StreamkapError:
        pass
    twin = copy(error)
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    assert (error.__traceback__ is None, twin.__traceback__) == (False, None)


class TokenServer:
    """Gives tokens that live 1000 seconds, until it fails."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.failing = False
        self.authentication = Authentication(self.fetch, clock=lambda: self.now)

    def fetch(self) -> Token:
        self.asked += 1
        if self.failing:
            raise error_for(operation="POST /auth/access-token", status=503)
        return Token.model_validate({"accessToken": f"token-{self.asked}", "expiresIn": 1000})


def test_a_token_that_cannot_be_renewed_ahead_is_used_to_its_end() -> None:
    """Renewal comes early just so that it may fail; it is tried again, and not by each call."""
    server = TokenServer()
    assert server.authentication.token() == "token-1"
    server.failing, server.now = True, 950.0
    assert [server.authentication.token() for _ in range(3)] == ["token-1"] * 3
    assert server.asked == 2
    server.now = 960.0
    assert (server.authentication.token(), server.asked) == ("token-1", 3)
    server.failing, server.now = False, 970.0
    assert server.authentication.token() == "token-4"


def test_a_token_that_is_over_or_refused_is_not_used_when_there_is_no_other() -> None:
    """It would be refused."""
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


def test_each_thread_raises_an_error_of_its_own() -> None:
    """One that several raise gathers the traces of all of them, and whoever changes it changes everybody's."""
    server = TokenServer()
    server.failing = True
    caught = []
    for _ in range(3):
        with pytest.raises(api.GatewayError) as failed:
            server.authentication.token()
        caught.append(failed.value)
    assert server.asked == 1
    assert len({id(error) for error in caught}) == 3
    assert len({str(error) for error in caught}) == 1
