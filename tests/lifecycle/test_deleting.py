"""Deleting where the API's words for "there is none" mean something else, or come too early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.errors import error_for
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.deleting import PATIENCE, delete
from streamkap_pulumi.lifecycle.errors import StillThereError, WrongTenantError
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import ORDERS, but

CLUSTER = "Kafka Connect cluster 'kc-2' not found"


def answering(monkeypatch: pytest.MonkeyPatch, context: Context, status: int, detail: str, effort: str = "") -> None:
    """Have each DELETE be answered so, as by the client."""

    def refuse(source_id: str) -> None:
        error = error_for(operation=f"DELETE /sources/{source_id}", status=status, detail=detail)
        error.effort = effort
        raise error.as_not_found()

    monkeypatch.setattr(context.api.sources, "delete", refuse)


def at(context: Context, clock: Clock, moment: float, do: Callable[[], object]) -> Context:
    """A context in which something happens meanwhile, once that much time has passed."""
    due = [moment]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if due and clock.now >= due[0]:
            due.clear()
            do()

    return replace(context, sleep=sleep)


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_refusal_in_the_words_for_a_miss_is_an_error_while_the_source_is_found(
    emulator: Emulator, context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """It is not forgotten: what is missing may be a cluster. The error is the API's own."""
    source_id, outputs = create(context, ORDERS)
    answering(monkeypatch, context, status, CLUSTER)
    with pytest.raises(api.APIError, match=f"answered {status}: {CLUSTER}") as caught:
        delete(context, source_id, outputs)
    assert not isinstance(caught.value, api.NotFoundError)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert PATIENCE <= clock.now < PATIENCE + 5


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_refusal_without_a_word_is_an_error_while_the_source_is_found_and_none_where_it_is_gone(
    emulator: Emulator, context: Context, status: int
) -> None:
    """It may mean a miss. What counts is the read."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(detail_style="null", api_error={"value": status, "method": "DELETE"})
    with pytest.raises(api.APIError, match=rf"answered {status} \(request id") as caught:
        delete(context, source_id, outputs)
    assert not isinstance(caught.value, api.NotFoundError)
    emulator.change_source(source_id, deleted=True)
    delete(context, source_id, outputs)


@pytest.mark.parametrize("status", [400, 404])
def test_a_source_that_is_gone_is_deleted_whatever_the_status(
    emulator: Emulator, context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Seen by a read, at once; and only from where it was recorded."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, deleted=True)
    answering(monkeypatch, context, status, "Source does not exist")
    delete(context, source_id, outputs)
    assert clock.now == 0
    with pytest.raises(WrongTenantError):
        delete(context, source_id, outputs | {"tenant_id": "tenant-other"})


@pytest.mark.parametrize("answer", [(404, "Source not found"), (400, "Source not found", "tried 2 times in 3 s")])
def test_a_source_that_is_reported_to_be_gone_and_still_found_is_waited_for(
    emulator: Emulator, context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    """A deletion of an earlier try may be under way: it is deleted once it is not found any more."""
    source_id, outputs = create(context, ORDERS)
    answering(monkeypatch, context, *answer)
    slow = at(context, clock, 60, lambda: emulator.change_source(source_id, deleted=True))
    delete(slow, source_id, outputs)
    assert 60 <= clock.now < 75


def test_a_source_that_is_reported_to_be_gone_and_never_goes_is_still_there(
    emulator: Emulator, context: Context, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error does not say that the deletion was accepted."""
    source_id, outputs = create(context, but(ORDERS, timeouts={"delete": "90s"}))
    answering(monkeypatch, context, 404, "Source not found")
    with pytest.raises(StillThereError, match=r"says that there is no such source .*404.* still exists after 90 s"):
        delete(context, source_id, outputs)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert clock.now == pytest.approx(90, abs=1)


def test_a_deletion_that_is_seen_to_be_under_way_is_waited_for_though_its_answer_was_lost(
    emulator: Emulator, context: Context, clock: Clock
) -> None:
    """Its status says; and progress is reported at once and then every ten seconds."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(async_delete_delay=3600, connection_drop={"value": "after_commit", "methods": ["DELETE"]})
    slow = at(context, clock, 45, lambda: emulator.change_source(source_id, deleted=True))
    clock.said.clear()
    delete(slow, source_id, outputs)
    assert 45 <= clock.now < 60
    assert [text for text in clock.said if text.endswith("(0 s)")] == clock.said[:1]
    assert 5 <= len(clock.said) <= 6


def test_a_miss_is_read_again_while_nobody_says_which_account_these_credentials_belong_to(
    emulator: Emulator, context: Context
) -> None:
    """Passing trouble while that is asked is not a reason to fail, nor to believe."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, deleted=True)
    trouble: dict[str, Any] = {"value": 503, "times": 1, "path": "/auth/whoami"}
    emulator.faults(api_error=trouble)
    delete(context, source_id, outputs)
    whoamis = [each for each in emulator.requests() if each["path"] == "/auth/whoami"]
    assert [each["status"] for each in whoamis][-2:] == [503, 200]


def test_a_deletion_whose_answer_was_lost_and_that_does_not_end_is_reported_as_under_way(
    emulator: Emulator, context: Context
) -> None:
    """Nothing is forgotten."""
    source_id, outputs = create(context, but(ORDERS, timeouts={"delete": "30s"}))
    emulator.faults(async_delete_delay=600, connection_drop={"value": "after_commit", "times": 1, "method": "DELETE"})
    with pytest.raises(StillThereError, match=r"is under way, though its answer was lost .* still exists after 30 s"):
        delete(context, source_id, outputs)
