"""State actions whose answers get lost: the source is read before anything is asked twice."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle import actions
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.errors import GoneError, LifecycleError, UnknownOutcomeError
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import ORDERS, PASSWORD, but

CHANGES = [("Pending", "Active"), ("Pending", "Paused"), ("Active", "Paused"), ("Active", "Stopped")]
LOST_AFTER = [("connection_drop", "after_commit"), ("connection_drop", "mid_body"), ("gateway_after_commit", 504)]
LOST_BEFORE = [("connection_drop", "before_commit"), ("gateway_before_commit", 502), ("kc_rebalance", "on")]


States = tuple[str, str]


def fault(emulator: Emulator, name: str, value: Any, times: int = 1) -> None:
    emulator.faults(**{name: {"value": value, "times": times, "method": "POST", "path": "/sources/"}})


def asked(emulator: Emulator) -> list[str]:
    posts = [each["path"] for each in emulator.requests() if each["method"] == "POST"]
    return [path.rsplit("/", 1)[1] for path in posts if path.startswith("/sources/")]


def change(context: Context, emulator: Emulator, states: States, *faults: tuple[str, Any, int]) -> Any:
    before, wanted = states
    source_id, outputs = create(context, but(ORDERS, desired_state=before))
    emulator.forget_requests()
    for name, value, times in faults:
        fault(emulator, name, value, times)
    return update(context, source_id, outputs, but(ORDERS, desired_state=wanted))


def steps(states: States) -> list[str]:
    before, wanted = states
    action = {"Active": [], "Paused": ["pause"], "Stopped": ["stop"]}[wanted]
    return (["deploy"] if before == "Pending" else []) + action


@pytest.mark.parametrize("lost", LOST_AFTER)
@pytest.mark.parametrize("states", CHANGES)
def test_an_action_that_was_done_is_not_sent_again(
    emulator: Emulator, context: Context, clock: Clock, states: States, lost: tuple[str, Any]
) -> None:
    """Though its answer was lost: the source shows it."""
    outputs = change(context, emulator, states, (*lost, 1))
    assert (outputs["desired_state"], outputs["status"]) == (states[1], states[1])
    assert asked(emulator) == steps(states)
    assert "was done, though the answer was lost" in " ".join(clock.said)


@pytest.mark.parametrize("lost", LOST_BEFORE)
@pytest.mark.parametrize("states", CHANGES)
def test_an_action_that_was_not_done_is_sent_again(
    emulator: Emulator, context: Context, states: States, lost: tuple[str, Any]
) -> None:
    """After the source was read, for a while."""
    outputs = change(context, emulator, states, (*lost, 1))
    assert outputs["status"] == states[1]
    first, *others = steps(states)
    assert asked(emulator) == [first, first, *others]


def test_an_action_that_is_never_done_says_what_is_known(emulator: Emulator, context: Context) -> None:
    """Within a bound, and with what to do."""
    with pytest.raises(UnknownOutcomeError, match=r"502.*pause was requested 3 times.*does not show it.*pulumi up"):
        change(context, emulator, ("Active", "Paused"), ("gateway_before_commit", 502, 99))
    assert asked(emulator) == ["pause"] * actions.MOST_TRIES


def test_a_failure_that_the_api_owns_to_is_not_retried(emulator: Emulator, context: Context) -> None:
    """But searched for: it may have been done all the same. Its words are cleared of secrets."""
    emulator.faults(error_echoes_secrets="on")
    with pytest.raises(api.ServerError, match="answered 500") as caught:
        change(context, emulator, ("Active", "Paused"), ("api_error", 500, 9))
    assert asked(emulator) == ["pause"]
    assert PASSWORD not in str(caught.value)


def test_a_source_that_cannot_be_read_is_left_alone(emulator: Emulator, context: Context) -> None:
    """Nothing is asked for again blindly; the error is that of the action."""
    source_id, outputs = create(context, ORDERS)
    emulator.forget_requests()
    fault(emulator, "gateway_after_commit", 504)
    emulator.faults(html_5xx={"value": 502, "method": "GET", "after": 1})
    with pytest.raises(api.GatewayError, match="actions/pause answered 504"):
        update(context, source_id, outputs, but(ORDERS, desired_state="Paused"))
    assert asked(emulator) == ["pause"]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("missing", ["not found", "400"])
def test_a_source_that_is_deleted_before_the_action_arrives_is_reported_as_gone(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, missing: str, lost: bool
) -> None:
    """With the next step, and not as the API's bare answer; also where that answer is lost."""
    emulator.faults(missing_write=missing)
    source_id, outputs = create(context, ORDERS)
    act = context.api.sources.act

    def late(*args: Any) -> None:
        emulator.change_source(source_id, deleted=True)
        if lost:
            raise api.NoAnswerError("lost", operation="POST")
        act(*args)

    monkeypatch.setattr(context.api.sources, "act", late)
    with pytest.raises(GoneError, match="Run `pulumi refresh`"):
        update(context, source_id, outputs, but(ORDERS, desired_state="Paused"))


def test_where_the_api_says_no_desired_state_the_status_decides(emulator: Emulator, context: Context) -> None:
    """Some answers have "Pending Update" there."""
    source_id, outputs = create(context, ORDERS)
    emulator.forget_requests()
    fault(emulator, "gateway_after_commit", 504)
    pages = context.api.sources.get

    def without_state(object_id: str, **options: bool) -> Any:
        return pages(object_id, **options).model_copy(update={"desired_state": None})

    context.api.sources.get = without_state  # type: ignore[method-assign]
    updated = update(context, source_id, outputs, but(ORDERS, desired_state="Paused"))
    assert updated["status"] == "Paused"
    assert asked(emulator) == ["pause"]


@pytest.mark.parametrize("wanted", ["Active", "Paused"])
def test_a_pending_source_is_deployed_also_where_the_api_says_no_desired_state(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    """What was never deployed cannot be resumed; its status says that it was not."""
    source_id, outputs = create(context, but(ORDERS, desired_state="Pending"))
    emulator.forget_requests()
    pages = context.api.sources.get

    def without_state(object_id: str, **options: bool) -> Any:
        return pages(object_id, **options).model_copy(update={"desired_state": None})

    monkeypatch.setattr(context.api.sources, "get", without_state)
    assert update(context, source_id, outputs, but(ORDERS, desired_state=wanted))["status"] == wanted
    assert asked(emulator) == steps(("Pending", wanted))


@pytest.mark.parametrize("state", ["Pending", "Active"])
def test_pending_is_compared_with_the_status_where_the_api_says_no_desired_state(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """A pending source stays so; for a deployed one the error says what it is."""
    source_id, outputs = create(context, but(ORDERS, desired_state=state))
    outputs.pop("desired_state")
    emulator.forget_requests()
    pages = context.api.sources.get

    def without_state(object_id: str, **options: bool) -> Any:
        return pages(object_id, **options).model_copy(update={"desired_state": None})

    monkeypatch.setattr(context.api.sources, "get", without_state)
    wanted = but(ORDERS, desired_state="Pending")
    if state == "Pending":
        assert update(context, source_id, outputs, wanted)["status"] == "Pending"
    else:
        with pytest.raises(LifecycleError, match="it is Active, and Streamkap cannot make a deployed source Pending"):
            update(context, source_id, outputs, wanted)
    assert asked(emulator) == []
