"""Making a source where answers get lost: found again, never made twice, never taken from anybody."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle import making
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.errors import NameTakenError, UnknownOutcomeError
from tests.lifecycle.conftest import Clock
from tests.lifecycle.test_operations import HUBSPOT, ORDERS, PASSWORD, changed

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
def test_a_source_that_was_never_made_is_asked_for_again(
    emulator: Emulator, context: Context, name: str, value: Any
) -> None:
    """After it was looked for, for a while."""
    fault(emulator, name, value)
    source_id, _ = create(context, ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert posts(emulator) == 2


def test_an_answer_that_comes_to_nothing_in_the_end_says_what_is_known(emulator: Emulator, context: Context) -> None:
    """Within a bound, and with what to do."""
    fault(emulator, "gateway_before_commit", 502, times=99)
    with pytest.raises(UnknownOutcomeError, match=r"not known whether it was made.*502.*asked for 3 times.*pulumi up"):
        create(context, ORDERS)
    assert (posts(emulator), emulator.sources()) == (making.MOST_TRIES, [])


def test_a_late_commit_is_not_made_twice(emulator: Emulator, context: Context, clock: Clock) -> None:
    """Where the first request is carried out only after the second was sent, the name is taken by our own source."""
    fault(emulator, "gateway_before_commit", 504)
    late: list[str] = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now >= making.LOOK_FOR and not late:
            # The request that hung behind the gateway, under another connection.
            with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as behind:
                made = behind.sources.create(name=ORDERS.name, connector=ORDERS.connector, config=ORDERS.config)
                late.append(made.id)

    slow = Context(context.api, report=context.report, clock=context.clock, sleep=sleep)
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
    """Even if it was made since we asked: secrets are compared too."""
    context.api.authenticate()
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        made = somebody.sources.create(name="orders", connector="postgresql", config=other.config)
    fault(emulator, "gateway_before_commit", 504)
    with pytest.raises(NameTakenError, match=made.id) as error:
        create(context, ORDERS)
    assert PASSWORD not in str(error.value)


def test_a_failure_that_the_api_owns_to_is_not_asked_again(emulator: Emulator, context: Context) -> None:
    """It is looked for all the same: the API fails at times after it has saved the source."""
    fault(emulator, "api_error", 500)
    with pytest.raises(api.ServerError):
        create(context, ORDERS)
    assert posts(emulator) == 1


def test_a_name_that_is_taken_and_not_listed_is_told_as_such(emulator: Emulator, context: Context) -> None:
    """As by the leftover of a try that failed half-way."""
    emulator.faults(orphan_on_create_failure={"value": "on", "times": 1})
    with pytest.raises(api.ServerError):
        create(context, ORDERS)
    with pytest.raises(NameTakenError, match=r"list of this project's sources does not show it.*leftover"):
        create(context, ORDERS)


@pytest.mark.parametrize("equal", [True, False])
def test_the_error_for_a_name_that_is_taken_names_the_ways_on(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, equal: bool
) -> None:
    """To adopt it; to recover it only where it is just what is declared. Its origin, where the API tells it."""
    config = ORDERS.config if equal else changed(ORDERS, database__user="other").config
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        made = somebody.sources.create(name="orders", connector="postgresql", config=config)
    named = context.api.sources.named

    def with_origin(name: str, *, secret_returned: bool = False) -> Any:
        for each in named(name, secret_returned=secret_returned):
            yield type(each).model_validate({**each.model_dump(), "created_from": "web"})

    monkeypatch.setattr(context.api.sources, "named", with_origin)
    with pytest.raises(
        NameTakenError, match=rf"id {made.id}, .*made by web.*`streamkap adopt RESOURCE {made.id}`"
    ) as told:
        create(context, ORDERS)
    assert ("`streamkap recover`" in str(told.value)) is equal
