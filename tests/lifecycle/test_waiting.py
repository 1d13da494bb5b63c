"""Waiting for a status, on a clock of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.waiting import BROKEN_FOR, MISSED_FOR, UNSEEN_FOR, Outcome, StatusWait, wait_until_ready
from tests.lifecycle.samples import a_source

GONE = api.NotFoundError(operation="GET /sources/1", status=404)
GATEWAY = api.GatewayError(operation="GET /sources/1", status=502, html=True, request_id="r-9")
REFUSED = api.AuthenticationError(operation="GET /sources/1", status=401, detail="no")


@dataclass
class World:
    """Time that passes only in sleep, and a list of what the next reads will show; the last one goes on for ever."""

    looks: list[str | Exception]
    now: float = 0.0
    told: list[tuple[float, str]] = field(default_factory=list)
    looked: int = 0

    def look(self) -> str:
        shown = self.looks[min(self.looked, len(self.looks) - 1)]
        self.looked += 1
        if isinstance(shown, Exception):
            raise shown
        return shown

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def get(self, object_id: str, *, once: bool) -> api.SourceConnector:
        assert (object_id, once) == ("1", True)
        return seen(self.look())

    @property
    def context(self) -> Context:
        streamkap: Any = SimpleNamespace(sources=self, redaction=Redaction(["s3cret"]), interruption=api.Interruption())
        return Context(
            SOURCE,
            streamkap,
            report=lambda text: self.told.append((self.now, text)),
            clock=lambda: self.now,
            sleep=self.sleep,
            jitter=lambda: 1.0,
        )

    def wait(self, start: str, timeout: float = 1200, *, stale: bool = False, wanted: str = "Active") -> Outcome:
        outcome = StatusWait(self.context, a_source(name="a"), "1", wanted, stale).run(seen(start), timeout)
        return replace(outcome, last=outcome.last.connector_status)


def seen(status: str) -> api.SourceConnector:
    quoted = {"0": {"state": "FAILED", "trace": "no route to s3cret"}}
    return api.SourceConnector(id="1", connector_status=status, task_statuses=quoted)


def world(*looks: str | Exception) -> World:
    return World(list(looks))


def test_the_wanted_status_ends_the_wait() -> None:
    """Whatever came before it, statuses never heard of included."""
    outcome = world("Pending", "Starting", "Rebalancing", "Unassigned", "Active").wait("Pending")
    assert outcome == Outcome("Active")


def test_a_source_that_is_ready_at_once_is_not_read_again() -> None:
    """No request more than needed, and no progress to report."""
    at_once = world("Broken")
    assert at_once.wait("Active") == Outcome("Active")
    assert (at_once.looked, at_once.told) == (0, [])


def test_after_an_update_the_good_status_counts_from_the_second_read_on() -> None:
    """The first may still be the old one."""
    stale = world("Active", "Pending Update", "Active")
    assert stale.wait("Active", stale=True) == Outcome("Active")
    assert stale.looked == 3
    quick = world("Active")
    assert quick.wait("Active", stale=True) == Outcome("Active")
    assert quick.looked == 2
    moved = world("Active")
    assert moved.wait("Pending Update", stale=True) == Outcome("Active")
    assert moved.looked == 1


def test_broken_counts_only_when_it_lasts() -> None:
    """A connector that restarts is Broken for a moment."""
    assert world("Broken", "Broken", "Starting", "Broken", "Active").wait("Starting") == Outcome("Active")
    lasting = world("Broken")
    outcome = lasting.wait("Starting")
    assert outcome.not_ready is not None
    assert outcome.not_ready.startswith("source 'a' (1) has been Broken for 6")
    assert outcome.not_ready.endswith(
        "not Active (seen: Starting at 0 s, Broken at 0.4 s): task 0 FAILED: no route to [secret]"
    )
    assert BROKEN_FOR <= lasting.now < BROKEN_FOR + 15


@pytest.mark.parametrize(
    ("looks", "what_to_do"),
    [
        (
            ["Broken"],
            "fix the cause, restart the source in Streamkap's web page, then run `pulumi up`, which checks again.",
        ),
        (["Starting"], "fix the cause and run `pulumi up`, which checks again."),
        (["Broken", GATEWAY], "fix the cause and run `pulumi up`, which checks again."),
    ],
)
def test_only_a_source_that_is_broken_has_to_be_restarted(looks: list[str | Exception], what_to_do: str) -> None:
    """The next run reads it, and restarts nothing; one that is not seen may be fine."""
    declared = a_source(name="a", timeouts={"create": "20s"})
    outcome = wait_until_ready(World(looks).context, declared, seen("Pending"), operation="create")
    assert outcome.not_ready is not None
    assert outcome.not_ready.endswith(f". It is recorded in the stack's state: {what_to_do}")


def test_broken_counts_only_when_it_is_seen() -> None:
    """What cannot be read may have come back meanwhile; it is not read more often for that."""
    unseen = world("Broken", *[GATEWAY] * 20, "Active")
    assert unseen.wait("Starting") == Outcome("Active")
    assert unseen.now > BROKEN_FOR + 15
    assert unseen.looked == 22


def test_the_time_out_says_what_was_seen() -> None:
    """The last status, and for how long it was waited."""
    outcome = world("Starting").wait("Starting", timeout=90)
    assert (
        outcome.not_ready
        == "source 'a' (1) is still Starting after 90 s, not Active: task 0 FAILED: no route to [secret]"
    )


def test_the_time_out_says_when_each_status_was_seen() -> None:
    """The last ones of them, where they came and went."""
    outcome = world("Starting", GATEWAY, "Broken", "Unassigned").wait("Pending", timeout=90)
    assert outcome.not_ready is not None
    assert "(seen: Pending at 0 s, Starting at 0.4 s, Broken at 2 s, Unassigned at 3 s)" in outcome.not_ready
    restless = world(*["Starting", "Broken"] * 4, "Unknown")
    outcome = restless.wait("Pending", timeout=90)
    assert outcome.not_ready is not None
    assert "(seen: … Broken at " in outcome.not_ready
    assert outcome.not_ready.count(" at ") == 6


def test_passing_trouble_is_waited_out_and_reported_at_the_end() -> None:
    """A gateway's error is not a reason to give up, and no reason to believe anything."""
    assert world(GATEWAY, GATEWAY, "Active").wait("Pending") == Outcome("Active")
    outcome = world(GATEWAY).wait("Pending", timeout=60)
    assert outcome.not_ready is not None
    assert "could not be seen to become Active within 60 s" in outcome.not_ready
    assert outcome.not_ready.count("request id r-9") == 1


def test_credentials_that_are_refused_end_the_wait_at_once() -> None:
    """Waiting does not fix them."""
    refused = world(REFUSED)
    outcome = refused.wait("Pending")
    assert outcome.not_ready is not None
    assert "could not be read" in outcome.not_ready
    assert refused.looked == 1


def test_a_source_deleted_meanwhile_is_reported_so() -> None:
    """Once it was not there for five seconds, at a stretch: the server that is asked may lag behind."""
    assert world("Starting", GONE, GONE, "Active").wait("Pending") == Outcome("Active")
    gone = world("Starting", GONE)
    outcome = gone.wait("Pending")
    assert outcome.not_ready == "source 'a' (1) was deleted meanwhile; run `pulumi refresh`"
    assert MISSED_FOR <= gone.now < MISSED_FOR + 2
    flickering: list[str | Exception] = [GONE, "Starting"]
    assert world("Starting", *flickering * 20, "Active").wait("Pending") == Outcome("Active")


def test_a_new_source_that_is_not_found_yet_is_waited_for_longer() -> None:
    """It is not reported to be deleted one second after it was created."""
    late = world(*[GONE] * 7, "Active")
    assert late.wait("Pending") == Outcome("Active")
    assert late.now > MISSED_FOR
    never = world(GONE)
    outcome = never.wait("Pending")
    assert outcome.not_ready == "source 'a' (1) was deleted meanwhile; run `pulumi refresh`"
    assert UNSEEN_FOR <= never.now < UNSEEN_FOR + 2


def test_progress_is_reported_at_once_and_then_every_ten_seconds() -> None:
    """With what is seen and for how long."""
    slow = world("Starting")
    slow.wait("Pending", timeout=60)
    times = [time for time, _ in slow.told]
    assert times[0] == 0
    assert slow.told[0][1] == "source 'a' (1): waiting for Active, now Pending (0 s)"
    assert len(times) == 6
    assert all(abs(later - earlier - 10) < 0.1 for earlier, later in pairwise(times))


@pytest.mark.parametrize("timeout", [1.0, 30.0, 1200.0])
def test_the_interval_grows_and_the_time_out_is_kept(timeout: float) -> None:
    """Twenty minutes are some hundred reads, not thousands."""
    slow = world("Starting")
    slow.wait("Pending", timeout=timeout)
    assert timeout <= slow.now <= timeout + 0.1
    assert slow.looked <= 10 + timeout / 10
