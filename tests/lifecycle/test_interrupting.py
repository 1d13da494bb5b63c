"""Ctrl-C in the middle of each operation: what exists is recorded, what is not known is said, nothing more is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.errors import StillThereError, UnknownOutcomeError
from streamkap_pulumi.lifecycle.keys import NOT_READY
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.samples import ORDERS, but, changed

OTHER = changed(ORDERS, database__user="other")


def writes(emulator: Emulator) -> list[str]:
    found = [each for each in emulator.requests() if each["method"] != "GET"]
    return [f"{each['method']} {each['path'].split('/')[-1]}" for each in found if "/auth/" not in each["path"]]


def at_first_wait(context: Context) -> Context:
    """The run is interrupted as soon as it waits for something."""

    def sleep(_: float) -> None:
        context.api.interruption.interrupt()

    return replace(context, sleep=sleep)


def fault(emulator: Emulator, method: str, **faults: Any) -> None:
    emulator.faults(**{name: {"value": value, "times": 9, "method": method} for name, value in faults.items()})


def test_a_create_is_recorded_as_not_ready_and_read_by_the_next_run(emulator: Emulator, context: Context) -> None:
    """It is not read any more."""
    emulator.faults(stuck="on")
    source_id, outputs = create(at_first_wait(context), ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert outputs[NOT_READY] == (
        f"source 'orders' ({source_id}) was Pending, not Active, when the run was interrupted. "
        "It is recorded in the stack's state: run `pulumi up`, which checks again."
    )
    assert (writes(emulator), outputs["status"]) == (["POST sources"], "Pending")


def test_a_source_that_is_ready_at_the_interruption_is_ready(emulator: Emulator, context: Context) -> None:
    """Nothing is wrong with it."""
    source_id, outputs = create(context, ORDERS)
    context.api.interruption.interrupt()
    assert NOT_READY not in update(context, source_id, outputs | {NOT_READY: "it was Broken"}, ORDERS)


@pytest.mark.parametrize("lost", [{"gateway_after_commit": 504}, {"connection_drop": "after_commit"}])
def test_a_create_whose_answer_was_lost_is_searched_for_once_more(
    emulator: Emulator, context: Context, lost: dict[str, Any]
) -> None:
    """Found, it is recorded; else nobody would know of it."""
    emulator.faults(stuck="on")
    fault(emulator, "POST", **lost)
    context.api.authenticate()
    interrupted_by_post(emulator, context)
    source_id, outputs = create(context, ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert "when the run was interrupted" in outputs[NOT_READY]
    assert writes(emulator) == ["POST sources"]


def test_a_create_whose_answer_was_lost_and_that_is_not_found_is_not_sent_again(
    emulator: Emulator, context: Context
) -> None:
    """The error says that it is not known whether it exists, and what to do."""
    fault(emulator, "POST", gateway_before_commit=504)
    with pytest.raises(UnknownOutcomeError) as caught:
        create(at_first_wait(context), ORDERS)
    said = str(caught.value)
    assert "it may or may not have been created" in said
    assert "The run was interrupted" in said
    assert "Run `pulumi up` again" in said
    assert writes(emulator) == ["POST sources"]


def test_a_failure_of_the_api_counts_as_unknown_where_the_search_was_cut_short(
    emulator: Emulator, context: Context
) -> None:
    """A 500 may have been carried out."""
    fault(emulator, "POST", api_error=500)
    with pytest.raises(UnknownOutcomeError, match="The run was interrupted"):
        create(at_first_wait(context), ORDERS)


def test_an_update_is_recorded_and_the_next_run_sends_no_put(emulator: Emulator, context: Context) -> None:
    """The PUT was answered; only the wait is retried."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(stuck="on")
    outputs = update(at_first_wait(context), source_id, outputs, OTHER)
    assert "when the run was interrupted" in outputs[NOT_READY]
    assert outputs["config"]["database.user"] == "other"
    emulator.faults(stuck=None)
    emulator.change_source(source_id, connector_status="Active")
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as next_run:
        again = update(replace(context, api=next_run), source_id, outputs, OTHER)
    assert NOT_READY not in again
    assert writes(emulator) == ["POST sources", f"PUT {source_id}"]


@pytest.mark.parametrize("wait", [True, False])
def test_an_update_that_does_not_show_yet_is_never_called_not_applied(
    emulator: Emulator, context: Context, wait: bool
) -> None:
    """Either the next run reads and sends it again, or the old state stays and the next run sends it again."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(stuck="on", ignore_put="on")
    wanted = but(OTHER, wait=wait)
    if wait:
        outputs = update(at_first_wait(context), source_id, outputs, wanted)
        assert "when the run was interrupted" in outputs[NOT_READY]
    else:
        with pytest.raises(UnknownOutcomeError, match="interrupted before Streamkap showed what was asked for"):
            update(at_first_wait(context), source_id, outputs, wanted)
    emulator.faults(stuck=None, ignore_put=None)
    emulator.change_source(source_id, connector_status="Active")
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as next_run:
        update(replace(context, api=next_run), source_id, outputs, wanted)
    assert emulator.sources()[0]["config"]["database.user"] == "other"


def test_an_update_whose_answer_was_lost_is_read_once_and_not_sent_again(emulator: Emulator, context: Context) -> None:
    """What is recorded stays as it was, so the next run sends it again."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", gateway_before_commit=504)
    with pytest.raises(UnknownOutcomeError, match="does not show what was asked for"):
        update(at_first_wait(context), source_id, outputs, OTHER)
    assert writes(emulator) == ["POST sources", f"PUT {source_id}"]


def test_an_action_whose_answer_was_lost_is_not_sent_again(emulator: Emulator, context: Context) -> None:
    """The error says how often it was asked, and that the run was interrupted."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "POST", gateway_before_commit=504)
    with pytest.raises(UnknownOutcomeError, match=r"pause was requested once, .* and the run was interrupted"):
        update(at_first_wait(context), source_id, outputs, but(ORDERS, desired_state="Paused"))
    assert writes(emulator) == ["POST sources", "POST pause"]


def test_a_deletion_under_way_is_not_waited_for_and_stays_in_the_state(emulator: Emulator, context: Context) -> None:
    """The next run goes on waiting."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(async_delete_delay=600)
    with pytest.raises(StillThereError, match=r"still exists when the run was interrupted; .* Run it again"):
        delete(at_first_wait(context), source_id, outputs)
    assert writes(emulator) == ["POST sources", f"DELETE {source_id}"]


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_an_operation_that_waited_for_its_turn_sends_nothing(
    emulator: Emulator, context: Context, operation: str
) -> None:
    """Such as one of many that the engine had begun."""
    source_id, outputs = create(context, but(ORDERS, name="before"))
    emulator.forget_requests()
    context.api.interruption.interrupt()
    runs: dict[str, Callable[[], object]] = {
        "create": lambda: create(context, ORDERS),
        "update": lambda: update(context, source_id, outputs, but(OTHER, name="before")),
        "delete": lambda: delete(context, source_id, outputs),
    }
    with pytest.raises(api.InterruptedRunError, match="was not sent"):
        runs[operation]()
    assert writes(emulator) == []


def interrupted_by_post(emulator: Emulator, context: Context) -> None:
    """The run is interrupted while the first POST of a source is under way."""

    def watch() -> None:
        while not any(each["path"] == "/sources" and each["method"] == "POST" for each in emulator.requests()):
            pass
        context.api.interruption.interrupt()

    threading.Thread(target=watch, daemon=True).start()
