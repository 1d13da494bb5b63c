"""What is retried, after what wait and for how long: against a server that is a list of answers, without waiting."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
import stamina
from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

from streamkap_pulumi import api
from streamkap_pulumi.api.answers import retry_after
from streamkap_pulumi.api.errors import error_for
from streamkap_pulumi.api.retrying import Effect, RetryPolicy, is_retried
from streamkap_pulumi.api.transport import Transport

NOT_SENT = api.ConnectionFailedError("no connection")
PERMANENT = api.ConnectionFailedError("no such host", permanent=True)
LOST = api.NoAnswerError("lost")
UNREADABLE = api.UnreadableAnswerError("an HTML page")

KAFKA_CONNECT = "Kafka Connect API call failed with status code {} and response {{}}"


def answered(status: int, detail: str = "no", **more: Any) -> api.APIError:
    return error_for(operation="GET /sources", status=status, detail=detail, **more)


@pytest.fixture
def unhurried() -> Iterator[None]:
    """Retries do not wait."""
    with stamina.set_testing(True, attempts=1000, cap=True):
        yield


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Returns one answer after the other, and the last one for ever. An exception is raised."""

    def __init__(self, *answers: httpx.Response | Exception, clock: Clock | None = None, each_takes: float = 0) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []
        self.reported: list[str] = []
        self.clock = clock or Clock()
        self.each_takes = each_takes

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.clock.now += self.each_takes
        if request.url.path == "/auth/access-token":
            return httpx.Response(200, json={"accessToken": "a-token", "expiresIn": 3600})
        self.requests.append(request.method)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    def transport(self, **retries: Any) -> Transport:
        settings = api.Settings("https://streamkap.test", "me", "x", retries=api.Retries(**retries))
        http = httpx.MockTransport(self)
        return Transport(settings, report=self.reported.append, http=http, clock=self.clock)

    def get(self, **retries: Any) -> Any:
        return self.transport(**retries).request("GET", "/sources", effect=Effect.READS)


def ok() -> httpx.Response:
    return httpx.Response(200, json={"result": []})


ALL = set(Effect)
SAFE = ALL - {Effect.CREATES, Effect.POLLS}


@pytest.mark.parametrize(
    ("error", "effects"),
    [
        (NOT_SENT, ALL - {Effect.POLLS}),
        (PERMANENT, set()),
        (answered(429), ALL),
        (LOST, SAFE),
        (answered(502), SAFE),
        (answered(503, html=True), SAFE),
        (answered(504), SAFE),
        (answered(500, KAFKA_CONNECT.format(404)), SAFE),
        (answered(500, KAFKA_CONNECT.format(409)), SAFE),
        (answered(500, "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"), SAFE),
        (answered(500, "Request timed out on all nodes"), SAFE),
        (answered(500, KAFKA_CONNECT.format(400)), {Effect.READS, Effect.DELETES}),
        (answered(500), {Effect.READS, Effect.DELETES}),
        (answered(400, "a rebalance does not matter here"), set()),
        (answered(401), set()),
        (answered(403), set()),
        (answered(404), set()),
        (answered(409), set()),
        (answered(422), set()),
        (UNREADABLE, set()),
        (api.SettingsError("missing"), set()),
    ],
    # A set has no order, and each worker has to give the tests the same names.
    ids=lambda part: str(part) if isinstance(part, Exception) else str(len(part)),
)
def test_what_is_retried_depends_on_the_call_and_on_the_error(error: api.StreamkapError, effects: set[Effect]) -> None:
    """The table in `streamkap_pulumi.api.retrying`."""
    assert {effect for effect in Effect if is_retried(effect, error)} == effects


CALLS: list[tuple[Callable[[api.Streamkap], object], Effect]] = [
    (lambda client: client.whoami(), Effect.READS),
    (lambda client: client.sources.get("1"), Effect.READS),
    (lambda client: client.sources.get("1", once=True), Effect.POLLS),
    (lambda client: client.sources.list(), Effect.READS),
    (lambda client: client.sources.connectors(), Effect.READS),
    (lambda client: client.sources.delete("1"), Effect.DELETES),
    (lambda client: client.sources.update("1", name="a", connector="b", config={}), Effect.SETS),
    (lambda client: client.sources.deploy("1"), Effect.CREATES),
    (lambda client: client.sources.act("1", "pause"), Effect.CREATES),
    (lambda client: client.sources.act("1", "resume"), Effect.CREATES),
    (lambda client: client.sources.act("1", "stop"), Effect.CREATES),
    (lambda client: client.sources.act("1", "restart"), Effect.CREATES),
    (lambda client: client.sources.create(name="a", connector="b", config={}), Effect.CREATES),
]


@pytest.mark.parametrize(("call", "effect"), CALLS)
def test_each_call_has_its_effect(call: Callable[[api.Streamkap], object], effect: Effect, unhurried: None) -> None:
    """After a lost answer a call is retried, unless it creates something or polls."""
    lost = httpx.ReadError("reset")
    server = Server(lost, httpx.Response(200, json={"id": "1", "result": [{"id": "1"}]}))
    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(server))
    if effect in {Effect.CREATES, Effect.POLLS}:
        with pytest.raises(api.NoAnswerError):
            call(client)
        assert len(server.requests) == 1
    else:
        call(client)
        assert len(server.requests) == 2


def test_a_create_is_retried_if_the_api_cannot_have_acted_on_it(unhurried: None) -> None:
    """After a failed connection and after 429, but not after a lost answer."""
    server = Server(
        httpx.ConnectError("refused"), httpx.Response(429), httpx.Response(504), httpx.Response(200, json={"id": "1"})
    )
    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(server))
    with pytest.raises(api.GatewayError, match=r"POST /sources answered 504 \(tried 3 times in 0\S* s\)"):
        client.sources.create(name="a", connector="b", config={})
    assert len(server.requests) == 3


def test_an_error_says_how_often_the_call_was_tried_and_for_how_long(unhurried: None) -> None:
    """Also an error that was cleared of secrets. Nothing is said after one try."""
    server = Server(httpx.Response(503, headers={"X-Request-Id": "r-1"}), each_takes=7)
    with pytest.raises(api.GatewayError) as caught:
        server.get(count=4)
    assert len(server.requests) == 5
    expected = "GET /sources answered 503 (request id r-1; tried 5 times in 42 s)"
    assert (str(caught.value), caught.value.told(str), str(caught.value.cleared(str))) == (expected,) * 3
    assert caught.value.effort == "tried 5 times in 42 s"

    with pytest.raises(api.BadRequestError) as refused:
        Server(httpx.Response(400)).get()
    assert str(refused.value) == "GET /sources answered 400"


@pytest.mark.parametrize(
    ("answers", "uncertain"),
    [
        ([httpx.ReadError("reset"), httpx.Response(429)], True),
        ([httpx.Response(503), httpx.ConnectError("refused")], True),
        ([httpx.Response(429), httpx.ConnectError("refused")], False),
        ([httpx.Response(429), httpx.Response(503)], False),
    ],
)
def test_an_error_says_that_the_api_may_have_acted_on_an_earlier_try(
    answers: list[Any], uncertain: bool, unhurried: None
) -> None:
    """The last try alone would say that it did not."""
    with pytest.raises(api.StreamkapError) as caught:
        Server(*answers).get(count=1)
    assert caught.value.uncertain_before is uncertain


def test_a_body_that_is_a_function_is_called_before_each_try(unhurried: None) -> None:
    """What was right for the first try may be outdated for the second."""
    sent: list[bytes] = []
    numbers = iter(range(9))
    server = Server(httpx.Response(503), httpx.Response(200, json={"id": "1"}))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            sent.append(request.content)
        return server(request)

    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(answer))
    client.sources.update("1", name="n", connector="c", config=lambda: {"number": next(numbers)})
    assert [b'"number":0' in sent[0], b'"number":1' in sent[1], len(sent)] == [True, True, 2]


def test_a_refusal_after_retries_says_how_many_there_were(unhurried: None) -> None:
    """The earlier tries may be the reason: the name was free before the first one."""
    server = Server(httpx.Response(429), httpx.Response(409, json={"detail": "name taken"}))
    with pytest.raises(api.ConflictError, match=r"answered 409: name taken \(tried 2 times in 0 s\)"):
        server.get()
    gone = Server(httpx.Response(502), httpx.Response(400, json={"detail": "no such source"}))
    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(gone))
    with pytest.raises(api.NotFoundError, match="tried 2 times"):
        client.sources.delete("1")


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_number_of_tries_is_bounded(count: int, unhurried: None) -> None:
    """One more than the allowed retries."""
    server = Server(httpx.Response(503))
    with pytest.raises(api.GatewayError):
        server.get(count=count)
    assert len(server.requests) == count + 1


def test_the_time_is_bounded(unhurried: None) -> None:
    """No try begins after it, however many are left."""
    server = Server(httpx.Response(503), each_takes=30)
    with pytest.raises(api.GatewayError, match="tried 3 times in 2 min"):
        server.get(count=100, seconds=100)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:10 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 10),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2015 07:28:10 GMT"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 -0000", "Date": "nonsense"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
    ids=str,
)
def test_retry_after_is_read_in_seconds_and_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """A date is compared with the server's own clock, which may be wrong. What cannot be read counts as missing."""
    assert retry_after(httpx.Headers(headers)) == seconds


def test_retry_after_is_waited_for(unhurried: None) -> None:
    """The wait is reported, and then the answer comes."""
    server = Server(httpx.Response(429, headers={"Retry-After": "17"}), ok())
    assert server.get() == {"result": []}
    expected = "Streamkap: GET /sources answered 429 (too many requests); trying again in 17 s (try 2 of 6)"
    assert server.reported == [expected]


def test_a_retry_after_beyond_the_bound_ends_the_call(unhurried: None) -> None:
    """The error says so. Nobody waits an hour because a gateway asks for it."""
    server = Server(httpx.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(api.RateLimitedError) as caught:
        server.get()
    assert str(caught.value).endswith(
        "answered 429 (Streamkap asks to wait 1 h, and streamkap:retryTimeout leaves 2 min)"
    )
    later = Server(httpx.Response(429), httpx.Response(429, headers={"Retry-After": "100"}), each_takes=20)
    with pytest.raises(api.RateLimitedError) as caught:
        later.get()
    assert str(caught.value).endswith(
        "(tried 2 times in 60 s; Streamkap asks to wait 100 s, and streamkap:retryTimeout leaves 60 s)"
    )
    assert server.reported == later.reported[1:] == []


def test_a_retry_is_reported_once_the_call_has_taken_a_few_seconds(unhurried: None) -> None:
    """With the error and the number of the next try, but without the API's words: they may quote secrets."""
    busy = httpx.Response(500, json={"detail": f"{KAFKA_CONNECT.format(409)} hunter2"})
    quick = Server(busy, ok())
    quick.get()
    assert quick.reported == []

    slow = Server(busy, httpx.Response(502), httpx.ReadTimeout(""), ok(), each_takes=2)
    slow.get()
    assert slow.reported == [
        "Streamkap: GET /sources answered 500 (Kafka Connect is busy); trying again in 0 s (try 2 of 6)",
        "Streamkap: GET /sources answered 502; trying again in 0 s (try 3 of 6)",
        (
            "Streamkap: GET /sources: no complete answer from https://streamkap.test (nothing came for 60 s, set by "
            "streamkap:readTimeout); trying again in 0 s (try 4 of 6)"
        ),
    ]


def test_the_waits_grow_up_to_a_limit_and_have_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are reported without the jitter, which adds up to a second."""
    slept: list[float] = []
    monkeypatch.setattr(api.Interruption, "sleep", lambda _, seconds: slept.append(seconds))
    clock = Clock()
    reported: list[str] = []
    retrying = RetryPolicy(api.Retries(count=7, seconds=1000), reported.append, clock)

    def fail() -> None:
        clock.now += 10
        raise api.NoAnswerError("lost", operation="GET /sources")

    with pytest.raises(api.NoAnswerError):
        retrying.run(Effect.READS, "GET /sources", fail)
    bases = [0.5, 1.25, 3.125, 7.8125, 19.53125, 20, 20]
    assert [base <= wait <= base + 1 for base, wait in zip(bases, slept, strict=True)] == [True] * 7
    assert slept[5] != slept[6], "those that wait longest do not come back together either"
    assert any(later != earlier * 2.5 for earlier, later in pairwise(slept[:4]))
    assert [text.partition("again in ")[2].split(" (")[0] for text in reported][:5] == [
        "0.5 s",
        "1 s",
        "3 s",
        "8 s",
        "20 s",
    ]


def test_threads_that_were_refused_together_do_not_come_back_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait that Streamkap asks for is never shortened, and differs between threads."""
    slept: list[float] = []
    monkeypatch.setattr(api.Interruption, "sleep", lambda _, seconds: slept.append(seconds))
    for _ in range(5):
        Server(httpx.Response(429, headers={"Retry-After": "30"}), ok()).get()
    waits = [wait for wait in slept if wait >= 1]
    assert all(30 <= wait <= 31 for wait in waits)
    assert len(set(waits)) == 5


def test_a_token_that_cannot_be_fetched_is_not_retried_by_each_try(unhurried: None) -> None:
    """The request for it has been retried already."""
    requests: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return httpx.Response(503)

    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(handler))
    with pytest.raises(api.GatewayError, match=r"POST /auth/access-token answered 503 \(tried 6 times"):
        client.sources.list()
    assert requests == ["/auth/access-token"] * 6


def test_wrong_credentials_are_tried_once(unhurried: None) -> None:
    """Trying again does not help."""
    requests: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return httpx.Response(401, json={"detail": "Invalid client credentials"})

    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(handler))
    with pytest.raises(api.AuthenticationError):
        client.sources.list()
    assert requests == ["/auth/access-token"]


def test_a_token_that_expires_between_two_tries_is_renewed(unhurried: None) -> None:
    """Each try takes the current token."""
    tokens: list[str] = []
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            tokens.append(f"token-{len(tokens) + 1}")
            return httpx.Response(200, json={"accessToken": tokens[-1], "expiresIn": 3600})
        seen.append(request.headers["Authorization"])
        return [httpx.Response(503), httpx.Response(401), ok()][len(seen) - 1]

    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(handler))
    assert client.sources.list().result == []
    assert seen == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_an_exception_that_is_not_ours_is_not_retried(unhurried: None) -> None:
    """A mistake in a program, or Ctrl-C."""
    for mistake in (ZeroDivisionError(), KeyboardInterrupt()):
        tried: list[int] = []

        def fail(mistake: BaseException = mistake, tried: list[int] = tried) -> None:
            tried.append(1)
            raise mistake

        with pytest.raises(type(mistake)):
            RetryPolicy(api.Retries()).run(Effect.READS, "GET /sources", fail)
        assert tried == [1]


def test_stamina_logs_nothing() -> None:
    """Neither without logging nor with it. What it could log has no word of the API."""
    program = """
        import sys, logging, httpx, stamina
        from streamkap_pulumi import api
        if "logging" in sys.argv:
            logging.basicConfig(format="%(message)s %(__dict__)s", stream=sys.stdout)
        def handler(request):
            if request.url.path == "/auth/access-token":
                return httpx.Response(200, json={"accessToken": "a-token"})
            return httpx.Response(503, json={"detail": "hunter2"})
        with stamina.set_testing(True, attempts=3):
            try:
                api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(handler)).sources.list()
            except api.GatewayError:
                print("failed")
    """
    for arguments in ([], ["logging"]):
        command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        assert (run.stdout, run.stderr) == ("failed\n", "")


def test_the_retries_of_other_code_are_logged_as_before(unhurried: None, caplog: pytest.LogCaptureFixture) -> None:
    """Stamina's hooks are one list for the whole process."""
    seen: list[str] = []
    before = get_on_retry_hooks()
    try:
        Server(httpx.Response(503), ok()).get()
        hooks = get_on_retry_hooks()
        assert len(hooks) == len(before)
        tries = iter([ValueError(), None])

        @stamina.retry(on=ValueError)
        def theirs() -> None:
            if error := next(tries):
                raise error

        with caplog.at_level(logging.WARNING, "stamina"):
            theirs()
        assert [record.message for record in caplog.records] == ["stamina.retry_scheduled"]

        set_on_retry_hooks([lambda details: seen.append(repr(details.caused_by))])
        Server(httpx.Response(503, json={"detail": "hunter2"}), ok()).get()
        assert all("hunter2" not in text for text in seen)
    finally:
        set_on_retry_hooks(before)


def test_threads_share_one_transport(unhurried: None) -> None:
    """Each call counts its own tries."""
    lock = threading.Lock()
    left: dict[str, int] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            return httpx.Response(200, json={"accessToken": "a-token"})
        with lock:
            left[request.url.path] = left.get(request.url.path, 3) - 1
            page = {"result": [{"id": request.url.path.rpartition("/")[2]}]}
            return httpx.Response(503) if left[request.url.path] else httpx.Response(200, json=page)

    client = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(handler))
    found: list[str] = []
    threads = [threading.Thread(target=lambda n=n: found.append(client.sources.get(f"{n}").id)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == [f"{n}" for n in range(20)]
