"""Sources that do not become ready: the run fails, and the source is not lost."""

from __future__ import annotations

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic

IMPATIENT = changed(ORDERS, 'connector="', 'timeouts={"create": "3s", "update": "3s"}, connector="')

DEPENDENT = """
after = streamkap.Source(
    "after",
    connector="webhook",
    config={"format": "json"},
    opts=pulumi.ResourceOptions(depends_on=[orders]),
)
"""


def test_a_source_that_ends_broken_fails_the_run_is_in_state_and_is_read_again(
    stack: Stack, emulator: Emulator
) -> None:
    """The reason is shown, dependents are not started, and the next run sends no PUT."""
    emulator.faults(end_status="Broken")
    restart = "fix the cause, restart the source in Streamkap's web page, then run `pulumi up`, which checks again."
    stack.program(IMPATIENT + DEPENDENT).up().failed().shows(
        "is still Broken after 3 s, not Active", "task 0 FAILED", "Connection refused", restart
    )
    broken = only(emulator)
    assert stack.sources()["orders"]["id"] == broken["id"]
    assert "after" not in stack.sources()

    with traffic(emulator) as requests:
        stack.up().failed().shows("is still Broken after 3 s", restart)
    assert methods(requests) == ["GET"]

    stack.refresh().succeeded()
    emulator.faults(end_status=None)
    emulator.change_source(broken["id"], connector_status="Active")
    stack.preview().succeeded().shows("~ 1 to update")
    with traffic(emulator) as requests:
        stack.up().succeeded().shows("~ 1 updated", "+ 1 created")
    assert [request["method"] for request in requests if request["path"].endswith(broken["id"])] == ["GET"]
    stack.rests()


@pytest.mark.long
def test_a_refresh_that_finds_the_source_settled_clears_the_failed_wait(stack: Stack, emulator: Emulator) -> None:
    """Nothing is left to read."""
    emulator.faults(end_status="Broken")
    stack.program(IMPATIENT).up().failed()
    emulator.change_source(only(emulator)["id"], connector_status="Active")
    stack.refresh().succeeded()
    stack.rests()


@pytest.mark.long
def test_an_update_that_ends_broken_is_recorded_and_not_put_again(stack: Stack, emulator: Emulator) -> None:
    """What was sent is known; only the wait is retried."""
    stack.program(IMPATIENT).up().succeeded()
    stack.rests()
    emulator.faults(end_status="Broken")
    stack.program(changed(IMPATIENT, "db.example.com", "db2.example.com")).up().failed().shows("Broken")
    assert only(emulator)["config"]["database.hostname.user.defined"] == "db2.example.com"
    assert stack.sources()["orders"]["inputs"]["config"]["database.hostname.user.defined"] == "db2.example.com"
    emulator.faults(end_status=None)
    emulator.change_source(only(emulator)["id"], connector_status="Active")
    with traffic(emulator) as requests:
        stack.up().succeeded()
    assert methods(requests) == ["GET"]
    stack.rests()


@pytest.mark.long
def test_a_source_that_recovers_by_itself_is_a_success(stack: Stack, emulator: Emulator) -> None:
    """Broken counts only when it lasts."""
    emulator.faults(status_path="Starting,Broken,Active")
    stack.program(ORDERS).up().succeeded()
    stack.rests()


def test_progress_of_a_long_wait_is_shown(stack: Stack, emulator: Emulator) -> None:
    """Which source, what is waited for, what is seen."""
    emulator.faults(status_delay=2)
    stack.program(ORDERS).up().succeeded().shows("waiting for Active, now Pending")


@pytest.mark.long
def test_custom_timeouts_bound_the_waits_and_their_change_sends_nothing(stack: Stack, emulator: Emulator) -> None:
    """A bad one is refused in the preview, with all other faults."""
    opts = "opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts({})), connector="
    emulator.faults(stuck="on")
    quick = changed(ORDERS, "connector=", opts.format('create="2s", update="2s"'))
    stack.program(quick).up().failed().shows("is still Pending after 2 s")
    emulator.faults(stuck=None)
    emulator.change_source(only(emulator)["id"], connector_status="Active")
    stack.up().succeeded()
    stack.rests()
    with traffic(emulator) as requests:
        stack.program(changed(ORDERS, "connector=", opts.format('create="2s", update="9m"'))).up().succeeded()
    assert requests == []
    # A transform that sets them is run after the source has read its options.
    head = """
def hurried(args):
    more = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(update="2s", delete="1s"))
    return pulumi.ResourceTransformResult(props=args.props, opts=pulumi.ResourceOptions.merge(args.opts, more))
"""
    transformed = "opts=pulumi.ResourceOptions(transforms=[hurried]), connector="
    emulator.faults(stuck="on")
    hurried = head + changed(changed(ORDERS, "connector=", transformed), '"shop"', '"store"')
    stack.program(hurried).up().failed().shows("is still Pending Update after 2 s")
    emulator.faults(stuck=None, async_delete_delay=4)
    emulator.change_source(only(emulator)["id"], connector_status="Active")
    stack.up().succeeded()
    stack.rests()
    stack.destroy().failed().shows("still exists after 1 s")
    bad = changed(ORDERS, "connector=", opts.format('create="9 minutes"'))
    stack.program(bad).preview().failed().shows("opts.custom_timeouts.create: '9 minutes' cannot be used")
    wrong = changed(ORDERS, "connector=", 'opts={"protect": True}, connector=')
    stack.program(wrong).preview().failed().shows("Source 'orders': opts: it is a mapping; write").hides("Traceback")
