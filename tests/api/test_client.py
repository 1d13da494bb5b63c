"""The client against a server that is a function: from a request to a response. Nothing is repeated here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.authentication import Authentication
from streamkap_pulumi.api.models import Token
from streamkap_pulumi.api.redaction import Redaction

Handler = Callable[[httpx.Request], httpx.Response]

SOURCE = {"id": "64a1b2c3d4e5f6a7b8c9d0e1", "name": "orders", "connector": "postgresql", "config": {"a": "s3cret"}}


def token_answer(number: int = 1, expires_in: float = 3600) -> httpx.Response:
    return httpx.Response(200, json={"accessToken": f"token-{number}", "expires": "later", "expiresIn": expires_in})


def client(handler: Handler, *, secret: str | None = "the-secret") -> api.Streamkap:
    """A client whose token requests are answered, and all others handed to `handler`."""

    def answer(request: httpx.Request) -> httpx.Response:
        return token_answer() if request.url.path == "/auth/access-token" else handler(request)

    return streamkap(answer, secret=secret)


def streamkap(handler: Handler, *, secret: str | None = "the-secret") -> api.Streamkap:
    once = api.Retries(count=0)
    return api.Streamkap("https://streamkap.test", "me", secret, retries=once, http=httpx.MockTransport(handler))


def always(status: int, **response: Any) -> Handler:
    return lambda request: httpx.Response(status, **response)


def test_create_sends_what_the_reference_documents() -> None:
    """Query and body of `POST /sources`; what is not given is not sent."""
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(202, json=SOURCE)

    made = client(handler).sources.create(name="orders", connector="postgresql", config={"database.user": "me"})

    assert made.id == SOURCE["id"]
    assert dict(asked[0].url.params) == {"secret_returned": "true", "wait": "false"}
    assert json.loads(asked[0].content) == {
        "name": "orders",
        "connector": "postgresql",
        "config": {"database.user": "me"},
        "created_from": "api",
    }
    assert asked[0].headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"detail": "Source not found"}),
        httpx.Response(200, json={"total": 0, "page": 1, "page_size": 10, "result": []}),
        httpx.Response(200, json={"total": 0, "page": 1, "page_size": 10, "result": None}),
    ],
)
def test_every_way_to_say_that_there_is_none_is_the_same_error(answer: httpx.Response) -> None:
    """A 404, an empty page and a null page are one `NotFoundError`."""
    with pytest.raises(api.NotFoundError):
        client(lambda _: answer).sources.get("64a1")


@pytest.mark.parametrize("wording", ["Source not found", "source does not exist", "no such source"])
@pytest.mark.parametrize("status", [400, 404])
def test_delete_knows_every_wording_for_a_missing_source(status: int, wording: str) -> None:
    """The API's delete route has several statuses and wordings for one thing."""
    with pytest.raises(api.NotFoundError):
        client(always(status, json={"detail": wording})).sources.delete("64a1")


def test_a_web_servers_404_page_is_not_taken_for_a_missing_source() -> None:
    """A page in HTML comes from something that is not the API."""
    page = always(404, text="<html><title>404</title>nginx</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(api.APIError) as caught:
        client(page).sources.delete("64a1")
    assert not isinstance(caught.value, api.NotFoundError)
    assert "nginx" not in str(caught.value)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("A source with name 'x' already exists", "A source with name 'x' already exists"),
        ([{"loc": ["body", "config"], "msg": "Field required", "input": "s3cret"}], "config: Field required"),
        ({"code": "busy", "message": "Come again", "issues": [{"message": "now"}]}, "busy: Come again (now)"),
        (None, ""),
        ("", ""),
    ],
)
def test_the_apis_own_words_are_shown_whatever_their_shape(detail: Any, said: str) -> None:
    """A text, a list, an object, nothing; what a list says of the input is left out, for it may be a secret."""
    with pytest.raises(api.InvalidRequestError) as caught:
        client(always(422, json={"detail": detail}, headers={"X-Request-Id": "r-1"})).sources.deploy("64a1")
    assert caught.value.reason == said
    assert "(request id r-1)" in str(caught.value)
    assert "s3cret" not in str(caught.value)


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
    """The tree of errors, and what each carries."""
    with pytest.raises(kind) as caught:
        client(always(status, json={"detail": "no"})).sources.list()
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.operation) == (status, "GET /sources")


def test_an_html_page_never_reaches_the_user() -> None:
    """Neither as an error nor as a success."""
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
def test_a_success_of_another_shape_is_an_error_without_a_traceback(response: dict[str, Any]) -> None:
    """Something that is no JSON, a list, an object without an id, an empty body."""
    with pytest.raises(api.UnreadableAnswerError) as caught:
        client(always(200, **response)).sources.create(name="a", connector="b", config={})
    assert "POST /sources" in str(caught.value)


@pytest.mark.parametrize("text", ['{"id": ', '{"id": "64a1', '[{"id": "64a1"}', "{"])
def test_json_that_ends_half_way_is_an_answer_that_was_lost(text: str) -> None:
    """Whether the request was acted on is not known then."""
    with pytest.raises(api.NoAnswerError, match="POST /sources: the answer is cut off"):
        client(always(200, text=text)).sources.create(name="a", connector="b", config={})


def test_an_empty_answer_to_a_delete_is_fine() -> None:
    """Newer backends answer a delete without a body."""
    deleted: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        deleted.append(request.url.path)
        return httpx.Response(200)

    client(handler).sources.delete("64a1")
    assert deleted == ["/sources/64a1"]


def test_only_the_words_that_are_not_ours_are_cleared_of_secrets() -> None:
    """A secret that is a common word eats none of ours."""
    with pytest.raises(api.APIError) as caught:
        client(always(400, json={"detail": "bad password: POST"}, headers={"X-Request-Id": "POST"})).sources.deploy("1")
    told = caught.value.told(lambda text: text.replace("POST", "[secret]"))
    assert told == "POST /sources/1/deploy answered 400: bad password: [secret] (request id POST)"
    assert api.SettingsError("set streamkap:secret").told(lambda _: "nothing") == "set streamkap:secret"


def test_no_connection_and_no_answer_are_told_apart() -> None:
    """The first was not acted on, the second may have been."""

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with pytest.raises(api.ConnectionFailedError, match=r"no connection to https://streamkap\.test"):
        client(unreachable).sources.list()
    with pytest.raises(api.NoAnswerError, match="nothing came for 60 s, set by streamkap:readTimeout"):
        client(silent).sources.list()


def test_iterate_pages_until_a_short_page_whatever_the_total_says() -> None:
    """The API's totals are wrong at times, and a list that changes between pages repeats entries."""
    names = [f"{number:03}" for number in range(5)]

    def handler(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params["page"]) - 1) * 2
        entries = [{"id": name, "name": name} for name in (names[start : start + 2])]
        return httpx.Response(200, json={"total": 0, "page_size": 2, "result": entries, "has_next": False})

    found = [source.id for source in client(handler).sources.iterate(page_size=2)]
    assert found == names


def pages_of(*pages: dict[str, Any]) -> tuple[list[str], Callable[[httpx.Request], httpx.Response]]:
    """A server that gives these pages one after the other, then the last one for ever; and what it was asked."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page"])
        page = pages[min(len(asked), len(pages)) - 1]
        entries = [{"id": name, "name": name} for name in page["result"]]
        return httpx.Response(200, json=page | {"result": entries})

    return asked, handler


EMPTY: dict[str, Any] = {"result": [], "has_next": False}


@pytest.mark.parametrize(
    ("pages", "found", "asked"),
    [
        ([{"result": ["a"], "has_next": True}, {"result": ["b"], "has_next": False}], "ab", 2),
        ([{"result": ["a"], "total": 2}, {"result": ["b"], "total": 2}], "ab", 2),
        ([{"result": ["a"], "page_size": 1}, {"result": ["b"], "page_size": 1}, EMPTY], "ab", 3),
        ([{"result": ["a", "b"]}, {"result": ["b", "c"]}, {"result": ["d"]}], "abcd", 3),
        ([{"result": ["a", "b"], "has_next": True}], "ab", 2),
        ([{"result": ["a"], "total": 0, "has_next": False}], "a", 1),
    ],
    ids=["has_next", "total", "page_size", "repeated", "for ever the same", "short"],
)
def test_iterate_believes_whatever_says_that_there_is_more(pages: list[Any], found: str, asked: int) -> None:
    """A short page alone does not end a list, and a page that shows nothing new does."""
    counted, handler = pages_of(*pages)
    assert "".join(source.id for source in client(handler).sources.iterate(page_size=2)) == found
    assert len(counted) == asked


def test_a_name_that_moved_between_two_pages_is_found_at_the_second_look() -> None:
    """After one page, and after a name that was found, there is no second look."""
    first = {"result": ["a", "b"], "page_size": 2}
    counted, handler = pages_of(first, EMPTY, first, {"result": ["c"]})
    assert [source.id for source in client(handler).sources.named("c")] == ["c"]
    assert counted == ["1", "2", "1", "2"]
    for name, expected in (("b", ["b"]), ("c", [])):
        counted, handler = pages_of({"result": ["b"]})
        assert [source.id for source in client(handler).sources.named(name)] == expected
        assert counted == ["1"]


def test_a_refused_token_is_renewed_once_and_the_request_repeated() -> None:
    """A 401 in mid-run is survived; a second one in a row is an error."""
    tokens: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            tokens.append("asked")
            return token_answer(len(tokens))
        fresh = request.headers["Authorization"] == "Bearer token-2"
        return httpx.Response(200, json={"result": []}) if fresh else httpx.Response(401, json={"detail": "expired"})

    assert streamkap(handler).sources.list().result == []
    assert len(tokens) == 2
    with pytest.raises(api.AuthenticationError):
        client(always(401, json={"detail": "no"})).sources.list()


def test_the_token_is_renewed_ahead_of_its_end() -> None:
    """60 seconds ahead; a token that lives shorter than five minutes, a fifth of its life."""
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
    """Single flight: who comes second takes what the first has fetched."""
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


@pytest.mark.parametrize(
    "host", ["streamkap", "ftp://x", "https://", "https://x?y=1", "http://x:port", "https://a b", ""]
)
def test_a_host_that_is_no_url_is_refused_with_the_settings_name(host: str) -> None:
    """The text tells how to set it."""
    with pytest.raises(api.SettingsError, match="streamkap:host") as caught:
        api.Streamkap(host)
    assert "STREAMKAP_HOST" in str(caught.value)


def test_a_hosts_password_is_not_shown() -> None:
    """Not even when the host is refused because of it."""
    with pytest.raises(api.SettingsError) as caught:
        api.Streamkap("https://me:hunter2@streamkap.test")
    assert "hunter2" not in str(caught.value)


def test_missing_credentials_are_told_by_name_when_first_needed() -> None:
    """Both ways to set each of them are named; nothing is sent."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return token_answer()

    nobody = api.Streamkap("https://streamkap.test", http=httpx.MockTransport(handler))
    with pytest.raises(api.SettingsError) as caught:
        nobody.whoami()
    text = str(caught.value)
    for name in ("streamkap:clientId", "STREAMKAP_CLIENT_ID", "streamkap:secret", "STREAMKAP_SECRET", "--secret"):
        assert name in text
    assert asked == []


def test_settings_come_from_the_stack_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a trailing slash of the host does no harm."""
    monkeypatch.setenv("STREAMKAP_HOST", "https://environment.test")
    monkeypatch.setenv("STREAMKAP_CLIENT_ID", "from-environment")
    monkeypatch.delenv("STREAMKAP_SECRET", raising=False)
    found = api.Settings.find({"streamkap:host": "https://stack.test/"}.get)
    assert (found.host, found.client_id, found.secret) == ("https://stack.test", "from-environment", None)


def test_an_error_shows_neither_the_token_nor_the_client_secret_that_was_sent() -> None:
    """Though the API quotes them: in no shape of its words."""

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


def test_nothing_that_is_public_shows_a_secret_in_its_repr() -> None:
    """Settings, client, token and source."""
    shown = repr(
        [
            api.Settings("https://streamkap.test", "me", "s3cret"),
            api.Streamkap("https://streamkap.test", "me", "s3cret"),
            Token.model_validate({"accessToken": "s3cret", "refreshToken": "s3cret"}),
            api.SourceConnector.model_validate(SOURCE),
        ]
    )
    assert "s3cret" not in shown
    assert "s3cret" not in str(api.SourceConnector.model_validate(SOURCE))


def test_unknown_fields_and_nulls_are_accepted() -> None:
    """Every documented field is nullable, and a newer API has more of them."""
    answer = dict.fromkeys(api.SourceConnector.model_fields) | {"id": "64a1", "brand_new": {"a": 1}}
    source = client(always(200, json={"result": [answer]})).sources.get("64a1")
    assert source.topics is None
    assert source.model_extra == {"brand_new": {"a": 1}}


@pytest.mark.parametrize(
    "odd",
    [
        {"task_statuses": []},
        {"topic_map": []},
        {"tasks": {}},
        {"tags": ["a", None]},
        {"created_timestamp": {"$date": 1}},
        {"kc_cluster_id": {"id": 1}},
        {"config": "none"},
    ],
    ids=str,
)
def test_a_field_of_an_odd_shape_does_not_lose_the_source(odd: dict[str, Any]) -> None:
    """Only the id is needed: a source that exists has to be recorded."""
    made = client(always(200, json=SOURCE | odd)).sources.create(name="a", connector="b", config={})
    assert made.id == SOURCE["id"]


def test_an_answer_that_is_no_page_is_not_taken_for_an_empty_one() -> None:
    """Else the source would be believed gone."""
    for body in ({"anything": "else"}, {"result": "gone"}, {"result": [{"name": "without an id"}]}):
        with pytest.raises(api.UnreadableAnswerError):
            client(always(200, json=body)).sources.get("64a1")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"json": {"message": "no such token"}}, "no such token"),
        ({"json": {"error": "invalid_client", "error_description": "wrong secret"}}, "wrong secret"),
        ({"json": {"errors": ["wrong", "secret"]}}, "wrong; secret"),
        ({"text": "try later"}, "try later"),
    ],
)
def test_words_in_other_places_are_shown_too(body: dict[str, Any], said: str) -> None:
    """An identity provider has its own names for them."""
    with pytest.raises(api.PermissionDeniedError) as caught:
        client(always(403, **body)).sources.list()
    assert caught.value.reason == said


def test_a_page_is_never_larger_than_the_apis_largest() -> None:
    """The API would give fewer, which looks like the last page."""
    sizes: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sizes.append(request.url.params["page_size"])
        return httpx.Response(200, json={"result": []})

    assert list(client(handler).sources.iterate(page_size=500)) == []
    assert sizes == ["100"]


def test_a_secret_is_cleared_before_anything_is_shortened() -> None:
    """Else its beginning would be left."""
    with pytest.raises(api.BadRequestError) as caught:
        client(always(400, json={"detail": "x" * 1990 + " a  secret of two blanks"})).sources.list()
    assert "a secret" not in caught.value.told(lambda text: text.replace("a  secret of two blanks", "[secret]"))
    assert "a secret" not in str(caught.value.cleared(lambda text: text.replace("a  secret of two blanks", "")))


def test_an_error_never_quotes_the_clients_own_credentials() -> None:
    """Neither secret nor token, where the API or a gateway puts them into its words."""
    words = "the token token-1 of the-secret has ended"
    with pytest.raises(api.PermissionDeniedError) as refused:
        client(always(403, json={"detail": [{"loc": ["header"], "msg": words}]})).sources.get("64a1")
    for shown in (str(refused.value), repr(refused.value), str(refused.value.detail)):
        assert "the token [secret] of [secret] has ended" in shown

    with pytest.raises(api.AuthenticationError) as login:
        streamkap(always(401, json={"detail": "the-secret is wrong"})).sources.get("64a1")
    assert "[secret] is wrong" in str(login.value)


def test_an_error_never_quotes_what_the_request_held_under_a_secret_name() -> None:
    """The client knows what it sent; what has a plain name stays, since the message is about it."""
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


def test_what_an_error_means_is_judged_by_the_words_as_they_came() -> None:
    """A secret that is a word of them is cleared, and the meaning stays."""
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
