"""What an exported state shows of killed runs."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.keys import ASKED
from streamkap_pulumi.pulumi_cli.words import UNKNOWN
from streamkap_pulumi.stack.planned import Program, unknown_inputs
from streamkap_pulumi.stack.state import State
from tests.stack.fake_pulumi import SOURCE_TYPE

STACK = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
TEAM = "urn:pulumi:dev::infra::acme:index:Team::team"
URN = f"urn:pulumi:dev::infra::acme:index:Team${SOURCE_TYPE}::orders"


def pending(kind: str = "creating", urn: str = URN, source_type: str = SOURCE_TYPE, **inputs: Any) -> dict[str, Any]:
    return {"type": kind, "resource": {"urn": urn, "type": source_type, "parent": TEAM, "inputs": inputs}}


def test_only_sources_count_and_equal_ones_once() -> None:
    """Two killed runs leave two entries; those of other types are listed apart."""
    bucket = pending(urn="urn:pulumi:dev::infra::aws:s3/bucket:Bucket::logs", source_type="aws:s3/bucket:Bucket")
    operations = [pending(name="b"), bucket, pending(name="a"), pending(name="b"), pending("updating", name="a")]
    state = State({"pending_operations": operations})
    assert [goal.inputs["name"] for goal in state.interrupted_creates()] == ["b", "a"]
    assert (state.interrupted("updating"), state.interrupted("deleting")) == ([URN], [])
    assert state.other_creates() == [bucket["resource"]["urn"]]


def test_a_create_is_not_older_than_its_parents_and_the_last_run_that_succeeded() -> None:
    """Failed runs, previews and refreshes do not count."""
    resources = [
        {"urn": STACK, "type": "pulumi:pulumi:Stack", "created": "2026-01-01T00:00:00Z"},
        {"urn": TEAM, "type": "acme:index:Team", "parent": STACK, "created": "2026-01-02T00:00:00.123456789Z"},
    ]
    state = State({"resources": resources, "pending_operations": [pending()]})
    (goal,) = state.interrupted_creates()
    history = [
        {"kind": "refresh", "result": "succeeded", "endTime": "2026-01-09T00:00:00Z"},
        {"kind": "update", "result": "failed", "endTime": "2026-01-08T00:00:00Z"},
    ]
    assert state.not_before(goal, history) == datetime(2026, 1, 2, tzinfo=timezone.utc)
    history.append({"kind": "update", "result": "succeeded", "endTime": "2026-01-03T00:00:00.000Z"})
    assert state.not_before(goal, history) == datetime(2026, 1, 3, tzinfo=timezone.utc)
    assert State({}).not_before(goal, []) is None


def test_a_create_is_not_older_than_its_request() -> None:
    """Whatever else is known: a later `up` may have succeeded without it, and an earlier one is less exact."""
    state = State({"pending_operations": [pending(name="a", **{ASKED: "2026-01-05T00:00:00.123456+00:00"})]})
    (goal,) = state.interrupted_creates()
    assert goal.inputs == {"name": "a"}
    for ended in ("2026-01-03T00:00:00.000Z", "2026-01-09T00:00:00.000Z"):
        history = [{"kind": "update", "result": "succeeded", "endTime": ended}]
        assert state.not_before(goal, history) == datetime(2026, 1, 5, tzinfo=timezone.utc)


def test_an_object_that_was_requested_twice_may_exist_since_the_first_request() -> None:
    """A request of an unknown time is judged by itself."""
    times = [f"2026-01-0{day}T00:00:00Z" for day in (4, 2, 3)]
    operations = [pending(name="a", **{ASKED: each}) for each in times]
    state = State({"pending_operations": [*operations, pending(name="a"), pending(name="b")]})
    assert [(each.inputs["name"], each.asked) for each in state.interrupted_creates()] == [
        ("a", datetime(2026, 1, 2, tzinfo=timezone.utc)),
        ("a", None),
        ("b", None),
    ]


def test_the_unknown_time_of_the_request_is_not_an_unknown_input() -> None:
    """Otherwise nothing could be adopted."""
    planned = {"type": SOURCE_TYPE, "inputDiff": {"adds": {"name": "orders", ASKED: UNKNOWN}}}
    goal = Program({"resourcePlans": {URN: {"goal": planned, "steps": ["create"]}}}).goal(URN)
    assert (goal.inputs, goal.asked, unknown_inputs(goal.inputs)) == ({"name": "orders"}, None, [])


def test_what_is_only_read_is_not_managed() -> None:
    """By `Source.get`: neither its URN nor its source counts as taken."""
    seen = {"urn": URN, "type": SOURCE_TYPE, "id": "seen", "external": True}
    state = State({"resources": [seen, {"urn": f"{URN}2", "type": SOURCE_TYPE, "id": "seen"}]})
    assert (state.managed(URN), state.read_only(URN), state.read_only(f"{URN}2")) == (None, "seen", None)
    assert state.holders(SOURCE) == {"seen": f"{URN}2"}
    assert State({"resources": [seen]}).holders(SOURCE) == {}


def test_what_is_about_to_be_replaced_is_not_managed() -> None:
    """Its URN is free for the source that replaces it."""
    replaced = {"urn": URN, "type": SOURCE_TYPE, "id": "old", "pendingReplacement": True}
    state = State({"resources": [replaced]})
    assert (state.managed(URN), state.replaced(URN)) == (None, "old")
