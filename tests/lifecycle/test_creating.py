"""Creating a source when answers get lost: found again, never created twice, never taken from anybody."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle import creating
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.errors import NameTakenError, UnknownOutcomeError
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import HUBSPOT, ORDERS, PASSWORD, but, changed

NAMED = but(ORDERS, proposed_name="shop-db-1a2b3c4")
"""As a check has seen it: the resource is called otherwise than the source."""
POST = {"method": "POST", "path": "/sources"}


def fault(emulator: Emulator, name: str, value: Any, times: int = 1) -> None:
    emulator.faults(**{name: {"value": value, "times": times, **POST}})


def posts(emulator: Emulator) -> int:
    return len([each for each in emulator.requests() if (each["method"], each["path"]) == ("POST", "/sources")])


LOST_AFTER = [
    ("connection_drop", "after_commit"),
    ("connection_drop", "mid_body"),
    ("gateway_after_commit", 502),
    ("gateway_after_commit", 503),
    ("gateway_after_commit", 504),
    ("empty_200", "on"),
]
"""Faults after which the source exists, and nobody said so."""
LOST_BEFORE = [("connection_drop", "before_commit"), ("gateway_before_commit", 502), ("gateway_before_commit", 504)]
"""Faults after which it does not."""


@pytest.mark.parametrize(("name", "value"), LOST_AFTER)
@pytest.mark.parametrize("declared", [ORDERS, HUBSPOT], ids=lambda declared: declared.connector)
def test_a_source_whose_answer_was_lost_is_found_again(
    emulator: Emulator, context: Context, declared: Any, name: str, value: Any
) -> None:
    """And asked for only once."""
    fault(emulator, name, value)
    source_id, outputs = create(context, declared)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert (outputs["status"], posts(emulator)) == ("Active", 1)


@pytest.mark.parametrize(("name", "value"), LOST_BEFORE)
def test_a_source_that_was_never_created_is_requested_again(
    emulator: Emulator, context: Context, name: str, value: Any
) -> None:
    """After it was searched for, for a while."""
    fault(emulator, name, value)
    source_id, _ = create(context, ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert posts(emulator) == 2


def test_an_answer_that_comes_to_nothing_in_the_end_says_what_is_known(emulator: Emulator, context: Context) -> None:
    """Within a bound, and with what to do."""
    fault(emulator, "gateway_before_commit", 502, times=99)
    with pytest.raises(
        UnknownOutcomeError, match=r"may or may not have been created.*502.*requested 3 times.*pulumi up"
    ):
        create(context, ORDERS)
    assert (posts(emulator), emulator.sources()) == (creating.MOST_TRIES, [])


def test_a_name_that_is_taken_after_a_lost_answer_is_not_a_certainty_where_nothing_can_be_read(
    emulator: Emulator, context: Context
) -> None:
    """It may be the one that was asked for first."""
    fault(emulator, "gateway_after_commit", 502)
    emulator.faults(html_5xx={"value": 503, "method": "GET", "path": "/sources"})
    with pytest.raises(UnknownOutcomeError, match=r"answered 502.*already exists.*could not be searched for.*503"):
        create(context, ORDERS)
    assert (posts(emulator), len(emulator.sources())) == (2, 1)


def test_a_late_commit_does_not_create_two(emulator: Emulator, context: Context, clock: Clock) -> None:
    """Where the first request is carried out only after the second was sent, the name is taken by our own source."""
    fault(emulator, "gateway_before_commit", 504)
    late: list[str] = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now >= creating.SEARCH_FOR and not late:
            # The request that hung behind the gateway, under another connection.
            with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as behind:
                made = behind.sources.create(name=ORDERS.name, connector=ORDERS.connector, config=ORDERS.config)
                late.append(made.id)

    slow = Context(SOURCE, context.api, report=context.report, clock=context.clock, sleep=sleep)
    source_id, _ = create(slow, ORDERS)
    assert [source_id] == late == [source["id"] for source in emulator.sources()]


@pytest.mark.parametrize("skew", [0, 86400, -86400])
def test_a_source_that_was_there_before_is_never_taken_over(emulator: Emulator, context: Context, skew: int) -> None:
    """Though it holds the very same, and the answer was lost: by the server's own clock it is older."""
    emulator.faults(clock_skew=skew - 60)
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as other:
        made = other.sources.create(name="orders", connector="postgresql", config=ORDERS.config)
    emulator.faults(clock_skew=skew)
    fault(emulator, "gateway_before_commit", 504)
    with pytest.raises(NameTakenError, match=rf"{made.id}.*not touched.*first try.*504"):
        create(context, ORDERS)
    assert [source["id"] for source in emulator.sources()] == [made.id]


@pytest.mark.parametrize(
    "other",
    [changed(ORDERS, database__user="other"), changed(ORDERS, database__password="other")],
    ids=["another user", "another password"],
)
def test_a_source_with_another_config_is_never_taken_over(emulator: Emulator, context: Context, other: Any) -> None:
    """Even if it was created since we asked: secrets are compared too."""
    context.api.authenticate()
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        made = somebody.sources.create(name="orders", connector="postgresql", config=other.config)
    fault(emulator, "gateway_before_commit", 504)
    with pytest.raises(NameTakenError, match=made.id) as error:
        create(context, ORDERS)
    assert PASSWORD not in str(error.value)


def test_a_failure_that_the_api_owns_to_is_not_retried(emulator: Emulator, context: Context) -> None:
    """It is searched for all the same: the API fails at times after it has saved the source."""
    fault(emulator, "api_error", 500)
    with pytest.raises(api.ServerError):
        create(context, ORDERS)
    assert posts(emulator) == 1


def test_a_name_that_is_taken_and_not_listed_is_reported_as_such(emulator: Emulator, context: Context) -> None:
    """For example by what a failed try has left behind."""
    emulator.faults(orphan_on_create_failure={"value": "on", "times": 1})
    with pytest.raises(api.ServerError):
        create(context, ORDERS)
    with pytest.raises(
        NameTakenError,
        match=r"list of this project's sources does not show it.*given the name up, run `pulumi up` again.*left over",
    ):
        create(context, ORDERS)


@pytest.mark.parametrize(("status", "words"), [(409, None), (422, ""), (400, [])])
def test_a_refusal_without_a_word_says_who_has_the_name(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, status: int, words: Any
) -> None:
    """The list shows it. Where it does not, or cannot be read, the refusal is reported as it is."""
    source_id, _ = create(context, ORDERS)

    def refused(_: Any) -> Any:
        raise api.errors.error_for(operation="POST /sources", status=status, detail=words)

    monkeypatch.setattr(context.api.sources, "post", refused)
    with pytest.raises(NameTakenError, match=rf"'orders' already exists: id {source_id}"):
        create(context, ORDERS)
    with pytest.raises(api.APIError, match=rf"answered {status}$"):
        create(context, but(ORDERS, name="events"))
    emulator.faults(api_error={"value": 500, "method": "GET"})
    with pytest.raises(api.APIError, match=rf"answered {status}$"):
        create(context, ORDERS)


@pytest.mark.parametrize("equal", [True, False])
def test_the_error_for_a_name_that_is_taken_lists_each_option(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, equal: bool
) -> None:
    """An alias, or to adopt it; to recover it only where it is just what is declared. Each option has its own line."""
    config = ORDERS.config if equal else changed(ORDERS, database__user="other").config
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        made = somebody.sources.create(name="orders", connector="postgresql", config=config)
    named = context.api.sources.named

    def with_origin(name: str, *, secret_returned: bool = False) -> Any:
        for each in named(name, secret_returned=secret_returned):
            yield type(each).model_validate({**each.model_dump(), "created_from": "web"})

    monkeypatch.setattr(context.api.sources, "named", with_origin)
    with pytest.raises(NameTakenError, match=rf"id {made.id}, .*by web") as told:
        create(context, NAMED)
    _, adopt, *recover, alias, other = str(told.value).splitlines()
    assert adopt == f"  To have this program manage it: `streamkap adopt shop-db {made.id}`."
    assert [("`streamkap recover`" in way) for way in recover] == [True] * equal
    assert "`aliases=[pulumi.Alias(name=…)]`" in alias
    assert "gives the name up in this run, run `pulumi up` again" in alias
    assert f"`streamkap adopt shop-db {made.id}` says which alias" in alias
    assert "choose another name, or delete it in Streamkap" in other


@pytest.mark.parametrize(
    ("name", "first"),
    [
        (
            "orders",
            ["If it is another resource of", "It is exactly what is declared", "To have this program"],
        ),
        ("shop-db-1a2b3c4", ["It is exactly what is declared", "To have this program"]),
    ],
)
def test_of_the_ways_on_where_a_name_is_taken_the_likeliest_is_first(
    context: Context, name: str, first: list[str]
) -> None:
    """A rename without an alias keeps a name that the program gives; no other resource has a default name."""
    declared = but(NAMED, name=name)
    context.api.sources.create(name=name, connector="postgresql", config=declared.config)
    with pytest.raises(NameTakenError) as told:
        create(context, declared)
    _, *ways, other = str(told.value).splitlines()
    assert [way.strip().startswith(start) for way, start in zip(ways, first, strict=True)] == [True] * len(first)
    assert "choose another name" in other


def test_a_foreign_source_that_hides_its_config_is_not_taken_over(emulator: Emulator, context: Context) -> None:
    """Created since our request, and its secret not shown: it may be ours, which only a person can decide."""
    context.api.authenticate()
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        other = changed(ORDERS, database__password="another")
        made = somebody.sources.create(name="orders", connector="postgresql", config=other.config)
    emulator.faults(secret_null_echo="on")
    fault(emulator, "gateway_before_commit", 504)
    with pytest.raises(
        NameTakenError, match=r"504.*may or may not be the one.*not show what it holds: database\.password"
    ) as told:
        create(context, ORDERS)
    assert str(told.value).splitlines()[1].endswith(f"`streamkap adopt orders {made.id}`.")


@pytest.mark.parametrize("name", ["null_hidden_conditionals", "empty_string_to_null"])
@pytest.mark.parametrize("value", ["on", "all"])
def test_a_lost_source_is_found_again_where_the_api_hides_what_has_no_effect(
    emulator: Emulator, context: Context, name: str, value: str
) -> None:
    """What it shows is enough."""
    emulator.faults(**{name: value})
    fault(emulator, "gateway_after_commit", 504)
    source_id, _ = create(context, ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]


class Posts:
    """What the first POSTs come to; after them they are sent."""

    def __init__(self, context: Context, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
        self.errors = list(errors)
        self.make = context.api.sources.post
        monkeypatch.setattr(context.api.sources, "post", self)

    def __call__(self, *asked: Any) -> Any:
        if self.errors:
            raise self.errors.pop(0)
        return self.make(*asked)


LOST = api.GatewayError(operation="POST /sources", status=504, html=True)
TAKEN = api.InvalidRequestError(
    operation="POST /sources", status=422, detail="A source with name 'orders' already exists", request_id="r-7"
)
REFUSALS = [
    api.ConnectionFailedError("POST /sources: no connection to the host", operation="POST /sources"),
    api.RateLimitedError(operation="POST /sources", status=429, detail="too many requests"),
    api.AuthenticationError(operation="POST /sources", status=401, detail="token has expired"),
    api.PermissionDeniedError(operation="POST /sources", status=403, detail="no role"),
    api.BadRequestError(
        operation="POST /sources", status=400, detail="Replication Slot Name and Publication Name already exist"
    ),
    api.ServerError(operation="POST /sources", status=500, detail="Kafka Connect failed"),
]


def appearing(context: Context, clock: Clock, emulator: Emulator, moment: float) -> tuple[Context, list[str]]:
    """A context in which the source that was asked for comes found once so many seconds have passed."""
    late: list[str] = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now >= moment and not late:
            with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as behind:
                made = behind.sources.create(name=ORDERS.name, connector=ORDERS.connector, config=ORDERS.config)
                late.append(made.id)

    return replace(context, sleep=sleep), late


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: type(error).__name__)
def test_a_refusal_after_a_lost_answer_is_not_a_proof_that_nothing_was_created(
    context: Context, monkeypatch: pytest.MonkeyPatch, refusal: api.StreamkapError
) -> None:
    """The error names both, and what to do."""
    Posts(context, monkeypatch, LOST, refusal)
    with pytest.raises(UnknownOutcomeError) as told:
        create(context, ORDERS)
    text = str(told.value)
    assert "may or may not have been created: POST /sources answered 504" in text
    assert f"The next try: {refusal}" in text
    assert "It was requested 2 times and searched for after each try, and was not found" in text
    assert "Run `pulumi up` again" in text


@pytest.mark.parametrize("refusal", [*REFUSALS, TAKEN], ids=lambda error: type(error).__name__)
def test_a_source_that_appears_after_a_refusal_is_ours(
    emulator: Emulator, context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch, refusal: api.StreamkapError
) -> None:
    """It is searched for once more, for as long: the first request may have been under way."""
    Posts(context, monkeypatch, LOST, refusal)
    slow, late = appearing(context, clock, emulator, creating.SEARCH_FOR + 5)
    source_id, _ = create(slow, ORDERS)
    assert [source_id] == late == [source["id"] for source in emulator.sources()]


def test_a_name_that_is_taken_after_a_lost_answer_and_not_listed_may_be_ours(
    context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is nobody else's for certain, and is not reported to be; and only after it was searched for again."""
    Posts(context, monkeypatch, LOST, TAKEN)
    with pytest.raises(UnknownOutcomeError, match=r"r-7.*504.*Either this run created it, or .*another project"):
        create(context, ORDERS)
    assert clock.now >= 2 * creating.SEARCH_FOR


def test_a_list_that_cannot_be_read_is_not_reported_to_show_nothing(emulator: Emulator, context: Context) -> None:
    """Neither of a name that is taken, nor of an answer that was lost."""
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        made = somebody.sources.create(name="orders", connector="postgresql", config=ORDERS.config)
    emulator.faults(api_error={"value": 503, "methods": ["GET"], "path": "^/sources$"})
    with pytest.raises(NameTakenError, match=r"looking it up failed: GET /sources answered 503") as told:
        create(context, ORDERS)
    assert "does not show it" not in str(told.value)
    fault(emulator, "gateway_before_commit", 504, times=99)
    with pytest.raises(UnknownOutcomeError, match=r"3 times, and could not be searched for: GET /sources answered 503"):
        create(context, ORDERS)
    emulator.faults(api_error={"value": 503, "methods": ["GET"], "path": "/auth/whoami"}, gateway_before_commit=None)
    with pytest.raises(NameTakenError, match=rf"already exists: id {made.id}, connector postgresql"):
        create(context, ORDERS)


def test_two_resources_of_a_run_never_get_the_same_source(emulator: Emulator, context: Context) -> None:
    """Though they have one name and one config, and the answer to the second was lost before it was carried out."""
    source_id, _ = create(context, ORDERS)
    fault(emulator, "gateway_before_commit", 502)
    with pytest.raises(NameTakenError, match=rf"id {source_id}.*another resource of this run has created it"):
        create(context, ORDERS)
    with pytest.raises(NameTakenError, match=rf"id {source_id}.*give one of the two another name"):
        create(context, ORDERS)


def test_two_resources_that_are_created_at_once_never_get_the_same_source(emulator: Emulator, context: Context) -> None:
    """One at a time asks for a name: so none finds what the other has just asked for."""
    emulator.faults(latency_after_commit={"value": 0.3, **POST})
    fault(emulator, "gateway_before_commit", 502)
    got: list[str] = []

    def one() -> None:
        try:
            got.append(create(context, ORDERS)[0])
        except NameTakenError:
            got.append("taken")

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [emulator.sources()[0]["id"], "taken"]


def test_a_source_found_after_an_error_is_not_reported_to_have_lost_its_answer(
    emulator: Emulator, context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API answered; it was created all the same."""
    Posts(context, monkeypatch, REFUSALS[-1])
    slow, late = appearing(context, clock, emulator, 5)
    source_id, _ = create(slow, ORDERS)
    assert [source_id] == late
    assert any("it was created, though Streamkap reported an error" in text for text in clock.said)
