"""What errors mean, what they show, and which secrets they clear."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import copy
from typing import Any

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.errors import error_for
from streamkap_pulumi.api.redaction import CLEARED, Redaction
from tests.api.fake_api import always, client, streamkap

WORDS = "deploy of hunter22 and of kestrel failed"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, api.BadRequestError),
        (403, api.PermissionDeniedError),
        (409, api.ConflictError),
        (422, api.InvalidRequestError),
        (429, api.RateLimitedError),
        (500, api.ServerError),
        (502, api.GatewayError),
        (503, api.GatewayError),
        (504, api.GatewayError),
        (418, api.APIError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[api.APIError]) -> None:
    """And each error has the status and the operation."""
    with pytest.raises(kind) as caught:
        client(always(status, json={"detail": "no"})).sources.list()
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.operation) == (status, "GET /sources")


@pytest.mark.parametrize(
    ("status", "html", "gateway"),
    [
        *[(status, False, False) for status in (500, 501, 519, 528)],
        *[(status, False, True) for status in (502, 503, 504, *range(520, 528))],
        *[(status, True, True) for status in (500, 505, 511)],
    ],
)
def test_an_answer_of_a_gateway_is_known_by_its_status_or_by_html(status: int, html: bool, gateway: bool) -> None:
    """The API itself answers with JSON. A gateway may have passed the request on."""
    error = error_for(operation="POST /sources", status=status, detail=None, html=html)
    assert isinstance(error, api.GatewayError) is gateway


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
        ("A tag with identical properties already exists.", True),
        ("A source with this name was not found", False),
    ],
)
def test_only_the_name_of_the_object_itself_counts_as_taken(detail: object, taken: bool) -> None:
    """A database's publication may exist already, too, and is not a source."""
    for status in (400, 409, 422):
        assert error_for(operation="POST /sources", status=status, detail=detail).name_is_taken is taken
    assert not error_for(operation="POST /sources", status=500, detail=detail).name_is_taken


def test_an_error_that_was_read_as_missing_can_be_turned_back() -> None:
    """A 400 that says "not found" may be about a cluster."""
    missed = error_for(operation="DELETE /sources/1", status=400, detail="Cluster 'kc-2' not found").as_not_found()
    assert isinstance(missed, api.NotFoundError)
    assert type(missed.as_answered()) is api.BadRequestError
    assert str(missed.as_answered()) == str(missed)


def test_an_error_that_changes_its_class_keeps_the_remedy() -> None:
    """Only the transport may know it, as for a proxy that requires credentials."""
    error = error_for(operation="DELETE /sources/1", status=404, detail="no such source")
    error.remedy = "Check the proxy."
    assert error.as_not_found().remedy == error.cleared(str).remedy == error.as_answered().remedy == "Check the proxy."


@pytest.mark.parametrize(
    "error",
    [
        api.NoAnswerError("no answer", operation="GET /sources"),
        api.ConnectionFailedError("refused", operation="GET /sources", permanent=True),
        error_for(operation="GET /sources", status=503, detail="busy", request_id="r-1"),
    ],
)
def test_a_copy_of_an_error_is_equal_but_has_no_traceback(error: api.StreamkapError) -> None:
    """It has all attributes."""
    error.effort = "tried 2 times in 3 s"
    try:
        raise error
    except api.StreamkapError:
        pass
    twin = copy(error)
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    assert (error.__traceback__ is None, twin.__traceback__) == (False, None)


def refused(detail: Any, *known: str) -> tuple[api.APIError, Redaction]:
    """The error of a request to which the API answers `detail`, and the client's redaction, which knew `known`."""
    streamkap = client(always(422, json={"detail": detail}))
    streamkap.redaction.learn(known)
    with pytest.raises(api.InvalidRequestError) as caught:
        streamkap.sources.deploy("64a1")
    return caught.value, streamkap.redaction


SHOWN: dict[str, Callable[[api.APIError], object]] = {
    "str": str,
    "repr": repr,
    "told": lambda error: error.told(),
    "told, with a function": lambda error: error.told(lambda text: text.replace("deploy of", "deploy:")),
    "detail": lambda error: error.detail,
    "reason": lambda error: error.reason,
    "issues": lambda error: list(error.issues()) if isinstance(error, api.InvalidRequestError) else error.reason,
    "copy": lambda error: str(copy(error)),
    "cleared": lambda error: str(error.cleared(str)),
    "as not found": lambda error: str(error.as_not_found()),
    "as answered": lambda error: str(error.as_not_found().as_answered()),
    "pickle": lambda error: vars(pickle.loads(pickle.dumps(error))),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN.keys())
@pytest.mark.parametrize("detail", [WORDS, [WORDS, WORDS], {"code": WORDS, "message": WORDS, "issues": [WORDS]}])
def test_an_error_shows_no_secret_that_is_learned_after_it_was_raised(
    detail: Any, shown: Callable[[api.APIError], object]
) -> None:
    """In whatever way it is shown. The error has the client's redaction, so no caller passes one."""
    error, redaction = refused(detail, "hunter22")
    assert "kestrel" in str(shown(error)) or "issues" in str(shown(error)) or isinstance(shown(error), list)
    redaction.learn(["kestrel"])
    text = str(shown(error))
    assert ("hunter22" in text, "kestrel" in text) == (False, False)


def test_an_error_does_not_store_a_secret_that_is_known_when_it_is_raised() -> None:
    """The API's words are cleared as they arrive."""
    error, _ = refused(WORDS, "hunter22", "kestrel")
    assert [word for word in ("hunter22", "kestrel") if word in f"{vars(error)} {error.args}"] == []


def test_only_the_words_of_the_api_are_cleared() -> None:
    """Our own words stay, even if one of them is a secret, such as a password "answered"."""
    error, redaction = refused("it answered POST", "answered", "POST", "64a1")
    redaction.learn(["deploy"])
    assert str(error) == f"POST /sources/64a1/deploy answered 422: it {CLEARED} {CLEARED}"
    assert error.told() == str(error)


def test_reported_clears_only_the_words_of_the_api() -> None:
    """The function that a caller passes is not applied to ours."""
    with pytest.raises(api.APIError) as caught:
        client(always(400, json={"detail": "bad password: POST"}, headers={"X-Request-Id": "POST"})).sources.deploy("1")
    text = caught.value.told(lambda text: text.replace("POST", "[secret]"))
    assert text == "POST /sources/1/deploy answered 400: bad password: [secret] (request id POST)"
    assert api.SettingsError("set streamkap:secret").told(lambda _: "nothing") == "set streamkap:secret"


def test_the_message_puts_each_of_several_complaints_on_a_line() -> None:
    """With and without an argument."""
    error, redaction = refused([{"loc": ["body", "kestrel"], "msg": "wrong"}, {"msg": "wrong: hunter22"}])
    redaction.learn(["kestrel", "hunter22"])
    expected = f"POST /sources/64a1/deploy answered 422: 2 complaints\n  {CLEARED}: wrong\n  wrong: {CLEARED}"
    assert error.told() == error.told(str) == expected


def test_a_pickled_error_says_the_same_and_knows_no_secret() -> None:
    """It is cleared first and has no redaction."""
    error, redaction = refused("a name already exists: hunter22", "hunter22")
    error.effort, error.remedy = "tried 2 times in 3 s", "Use another name."
    redaction.learn(["canary-that-is-not-in-the-text"])
    pickled = pickle.dumps(error)
    assert b"canary" not in pickled
    twin = pickle.loads(pickled)
    assert (type(twin), str(twin), twin.told(), twin.remedy) == (type(error), str(error), error.told(), error.remedy)
    assert str(copy(twin)) == str(error)


def test_a_secret_is_cleared_before_a_long_text_is_shortened() -> None:
    """Otherwise the beginning of the secret would stay."""
    with pytest.raises(api.BadRequestError) as caught:
        client(always(400, json={"detail": "x" * 1990 + " a  secret of two blanks"})).sources.list()
    assert "a secret" not in caught.value.told(lambda text: text.replace("a  secret of two blanks", "[secret]"))
    assert "a secret" not in str(caught.value.cleared(lambda text: text.replace("a  secret of two blanks", "")))


def test_an_error_never_quotes_the_clients_own_credentials() -> None:
    """Neither the secret nor the token, if the API or a gateway quotes them."""
    words = "the token token-1 of the-secret has ended"
    with pytest.raises(api.PermissionDeniedError) as refused:
        client(always(403, json={"detail": [{"loc": ["header"], "msg": words}]})).sources.get("64a1")
    for shown in (str(refused.value), repr(refused.value), str(refused.value.detail)):
        assert "the token [secret] of [secret] has ended" in shown

    with pytest.raises(api.AuthenticationError) as login:
        streamkap(always(401, json={"detail": "the-secret is wrong"})).sources.get("64a1")
    assert "[secret] is wrong" in str(login.value)


def test_an_error_never_quotes_a_whole_request() -> None:
    """In no shape of the API's words."""

    def handler(request: httpx.Request) -> httpx.Response:
        sent = request.headers.get("Authorization", "") + request.content.decode()
        return httpx.Response(400, json={"detail": [{"loc": ["body"], "msg": f"refused: {sent}"}, f"and {sent}"]})

    with pytest.raises(api.BadRequestError, match=r"refused: Bearer \[secret\]; and Bearer \[secret\]") as caught:
        client(handler).sources.get("64a1")
    assert "token-1" not in str(caught.value) + repr(caught.value.detail)
    refuses = httpx.MockTransport(handler)
    with pytest.raises(api.BadRequestError, match="refused") as caught:
        api.Streamkap("https://streamkap.test", "me", "s3cret", http=refuses).whoami()
    assert "s3cret" not in str(caught.value) + repr(caught.value.detail)


def test_an_error_never_quotes_what_was_sent_under_a_secret_name() -> None:
    """The client knows what it sent. A value with any other name stays: the message is about it."""
    config = {
        "database.user": "me",
        "database.password": "hunter+22",
        "sasl": {"api_key": "key/99"},
        "tokens.max": "30",
    }
    words = "hunter%2b22, key\\/99 of me at 30; code 48151623"
    refusing = client(always(422, json={"detail": [{"msg": words}, {"msg": 48151623}]}))
    refusing.redaction.learn([48151623])
    sends: list[Callable[[], object]] = [
        lambda: refusing.sources.create(name="orders", connector="postgresql", config=config),
        lambda: refusing.sources.update("64a1", name="orders", connector="postgresql", config=lambda: config),
    ]
    for send in sends:
        with pytest.raises(api.InvalidRequestError) as caught:
            send()
        for shown in (str(caught.value), caught.value.told(str), str(caught.value.detail)):
            assert "[secret], [secret] of me at 30; code [secret]" in shown
            assert "48151623" not in shown


def test_the_meaning_of_an_error_does_not_depend_on_what_is_cleared() -> None:
    """A secret may be one of the words that decide it."""
    redaction = Redaction(["exists", "found", "rebalance"])
    cases: list[tuple[int, str, Callable[[api.APIError], bool]]] = [
        (422, "Source name already exists", lambda error: error.name_is_taken),
        (400, "source not found", lambda error: error.says_missing and error.as_not_found().says_missing),
        (500, "Kafka Connect 409: rebalance in progress", lambda error: error.says_busy),
    ]
    for status, words, judge in cases:
        refusing = client(always(status, json={"detail": words}))
        refusing.redaction.learn(["exists", "found", "rebalance"])
        with pytest.raises(api.APIError) as caught:
            refusing.sources.deploy("64a1")
        assert "[secret]" in str(caught.value)
        assert judge(caught.value)
        assert judge(caught.value.cleared(redaction.text))
