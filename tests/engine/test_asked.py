"""When a source was asked for: an interrupted create says it, and so `streamkap recover` is certain whose one is."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.identity import moment
from streamkap_pulumi.lifecycle.keys import ASKED
from tests.engine.commands import alive, kill_while_creating, only_pending, streamkap
from tests.engine.processes import providers, until
from tests.engine.programs import MYSQL, ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import only

HOOK = """
streamkap.Source("hook", connector="webhook", config={"format": "json"})
"""
NAMED = changed(ORDERS, 'connector="', 'name="orders", connector="')
PATIENCE = {"STREAMKAP_READ_TIMEOUT": "2"}
"""For how long to search for what is not found."""
LONG_BEFORE = 7
"""Seconds by which a source is older than a run for certain: more than clocks may differ."""


def inputs(stack: Stack) -> dict[str, Any]:
    """The recorded inputs of the one source."""
    (source,) = stack.sources().values()
    return dict(source["inputs"])


def asked(inputs: dict[str, Any]) -> datetime:
    """When they were asked for."""
    found = moment(inputs[ASKED])
    assert found is not None
    return found


def pending(stack: Stack) -> list[dict[str, Any]]:
    """The inputs of the interrupted creates, the latest first."""
    exported = json.loads(stack.pulumi("stack", "export", "--show-secrets").succeeded().text)["deployment"]
    return [each["resource"]["inputs"] for each in exported.get("pending_operations", []) if each["type"] == "creating"]


def kill_before_it_is_made(stack: Stack, emulator: Emulator) -> None:
    """`pulumi up`, killed once the state has the create as pending; Streamkap never acts on it while a test lasts."""
    before = len(pending(stack))
    emulator.faults(latency_before_commit={"value": 600, "methods": ["POST"], "path": "/sources"})
    running = stack.start("up", "--yes", "--skip-preview")
    until(lambda: len(pending(stack)) > before)
    running.kill()
    running.communicate()
    until(lambda: providers(emulator) == [])
    emulator.faults(latency_before_commit=None)
    stack.pulumi("cancel", "--yes").succeeded()


@pytest.mark.long
def test_a_killed_runs_source_is_brought_in_though_a_later_up_without_it_has_succeeded(
    stack: Stack, emulator: Emulator
) -> None:
    """The interrupted create outlives that run; what becomes of the source, the next `up` decides."""
    (made,) = kill_while_creating(stack.program(ORDERS), emulator, 1)
    stack.pulumi("cancel", "--yes").succeeded()
    stack.program(HOOK).up().succeeded()
    assert only_pending(stack) == ["orders"]
    run = streamkap(stack, "recover", "--yes", **PATIENCE).succeeded()
    run.shows("created by the killed run", "1 to delete").hides("left alone", "canary")
    assert (stack.sources()["orders"]["id"], only_pending(stack)) == (made["id"], [])
    stack.program(HOOK + ORDERS).rests()


@pytest.mark.long
def test_what_somebody_creates_before_a_killed_run_is_not_taken_over(stack: Stack, emulator: Emulator) -> None:
    """It has the same name and config, and is younger than the last `up` that succeeded."""
    stack.program(HOOK).up().succeeded()
    hook = only(emulator)["id"]
    made = kill_while_creating(stack.program(NAMED + HOOK), emulator, 2)
    config = next(each["config"] for each in made if each["id"] != hook)
    emulator.change_source(next(each["id"] for each in made if each["id"] != hook), deleted=True)
    streamkap(stack, "recover", "--yes", "--cancel", **PATIENCE).succeeded()
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        other = somebody.sources.create(name="orders", connector="postgresql", config=config)
    time.sleep(LONG_BEFORE)
    kill_before_it_is_made(stack, emulator)
    run = streamkap(stack, "recover", "--yes", **PATIENCE)
    assert run.code == 9, run.text
    run.shows("it was created before that", f"`streamkap adopt orders {other.id}`")
    assert (list(stack.sources()), only_pending(stack)) == (["hook"], ["orders"])


@pytest.mark.long
def test_it_is_never_shown_contradicts_no_plan_and_is_not_a_difference(stack: Stack, emulator: Emulator) -> None:
    """A preview cannot know it; a replacement records its own; a refresh keeps it."""
    begun = datetime.now(timezone.utc) - timedelta(seconds=1)
    stack.program(ORDERS).pulumi("preview", "--save-plan", "plan.json").succeeded().hides(ASKED)
    stack.pulumi("up", "--plan", "plan.json", "--yes", "--skip-preview").succeeded().hides(ASKED)
    first = asked(inputs(stack))
    assert begun <= first <= datetime.now(timezone.utc)
    stack.program(MYSQL).pulumi("preview", "--save-plan", "plan.json", "--diff").succeeded().hides(ASKED)
    told = stack.preview_json().json
    steps = [step for step in told["steps"] if step["op"] == "replace"]
    assert [ASKED in json.dumps(step["detailedDiff"]) for step in steps] == [False]
    stack.pulumi("up", "--plan", "plan.json", "--yes", "--skip-preview").succeeded().hides(ASKED)
    second = asked(inputs(stack))
    assert second > first
    stack.up("--expect-no-changes").succeeded()
    assert asked(inputs(stack)) == second
    stack.refresh("--expect-no-changes").succeeded().hides(ASKED)
    assert asked(inputs(stack)) == second
    stack.rests_at_every_step()


@pytest.mark.long
def test_a_replacement_that_is_killed_twice_says_both_times(stack: Stack, emulator: Emulator) -> None:
    """The one that it replaces was asked for before that, which does not count."""
    stack.program(NAMED).up().succeeded()
    first = asked(inputs(stack))
    stack.program('streamkap.Source("orders", name="orders", connector="webhook", config={"format": "json"})')
    for _ in range(2):
        time.sleep(1.1)
        kill_before_it_is_made(stack, emulator)
    assert alive(emulator) == []
    times = [asked(each) for each in pending(stack)]
    assert times[0] > times[1] > first
