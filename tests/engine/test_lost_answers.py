"""Answers that get lost and calls that are retried, on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import only, traffic

CANARY = "canary-of-the-database"


def fault(emulator: Emulator, method: str, times: int = 1, **faults: Any) -> None:
    emulator.faults(**{name: {"value": value, "times": times, "method": method} for name, value in faults.items()})


@pytest.mark.parametrize(
    "faults",
    [
        {"gateway_after_commit": 504},
        pytest.param({"connection_drop": "after_commit"}, marks=pytest.mark.long),
        pytest.param({"connection_drop": "mid_body"}, marks=pytest.mark.long),
        pytest.param({"empty_200": "on"}, marks=pytest.mark.long),
    ],
    ids=str,
)
def test_no_lost_answer_loses_or_doubles_a_source(stack: Stack, emulator: Emulator, faults: dict[str, Any]) -> None:
    """Neither at its creation, nor at an update, nor at its deletion."""
    fault(emulator, "POST", **{name: value for name, value in faults.items() if name != "status_delay"})
    stack.program(ORDERS).up().succeeded().shows("it was created, though the answer was lost").hides(CANARY)
    made = only(emulator)["id"]
    stack.rests()
    fault(emulator, "PUT", times=1, **faults)
    stack.program(changed(ORDERS, "db.example.com", "db2.example.com")).up().succeeded().hides(CANARY)
    assert only(emulator)["config"]["database.hostname.user.defined"] == "db2.example.com"
    stack.rests()
    fault(emulator, "DELETE", **faults)
    stack.destroy().succeeded()
    assert [(source["id"], source["deleted"]) for source in emulator.sources()] == [(made, True)]


@pytest.mark.long
def test_a_call_that_is_retried_is_reported_with_its_reason(stack: Stack, emulator: Emulator) -> None:
    """Once it has been going for some seconds; the run succeeds."""
    stack.program(ORDERS).up().succeeded()
    fault(emulator, "PUT", times=4, gateway_before_commit=502)
    with traffic(emulator) as requests:
        shown = stack.program(changed(ORDERS, "db.example.com", "db2.example.com")).up().succeeded()
    shown.shows("answered 502", "trying again in").hides("<html")
    assert len([request for request in requests if request["method"] == "PUT"]) == 5
    stack.rests()


@pytest.mark.long
def test_an_update_that_streamkap_does_not_apply_is_not_a_success(stack: Stack, emulator: Emulator) -> None:
    """The preview shows it again, and the next run puts it right."""
    stack.program(ORDERS).up().succeeded()
    fault(emulator, "PUT", ignore_put="on")
    stack.program(changed(ORDERS, "db.example.com", "db2.example.com")).up().failed().shows(
        "accepted the update and did not apply it: database.hostname.user.defined"
    )
    stack.preview().succeeded().shows("~ 1 to update", "db2.example.com")
    stack.up().succeeded()
    stack.rests()
