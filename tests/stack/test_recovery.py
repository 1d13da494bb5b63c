"""What a recovery plans, from a state that killed runs left and sources of the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.recovery import Plan, Step, Verdict, carry_out, plan
from streamkap_pulumi.stack.state import State
from tests.stack.fake_pulumi import SOURCE_TYPE, InMemory

STACK = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
ROOT = {"urn": STACK, "type": "pulumi:pulumi:Stack", "created": "2020-01-01T00:00:00Z"}

EARLIER: dict[str, object] = {"kind": "update", "result": "succeeded", "endTime": "2020-01-01T00:00:00Z"}
"""A run before all of this: the killed one created whatever is newer."""


@pytest.fixture
def connection() -> Iterator[Connection]:
    with (
        Emulator(faults={"status_delay": 0, "async_delete_delay": 0}) as emulator,
        api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap,
    ):
        yield Connection(streamkap, print, 0.0, timedelta())


def urn(name: str, kind: Kind = SOURCE) -> str:
    return f"urn:pulumi:dev::infra::{kind.type_token}::{name}"


def creating(resource: str, name: str, parent: str = STACK, **inputs: Any) -> dict[str, Any]:
    declared = {"connector": "webhook", "config": {"format": "json"}, "name": name, **inputs}
    return {
        "type": "creating",
        "resource": {"urn": urn(resource), "type": SOURCE_TYPE, "parent": parent, "inputs": declared},
    }


def make(connection: Connection, name: str) -> str:
    return connection.api.sources.create(name=name, connector="webhook", config={"format": "json"}).id


def planned(connection: Connection, pending: list[dict[str, Any]], *resources: dict[str, Any], **more: Any) -> Plan:
    deployment = {"resources": [ROOT, *resources], "pending_operations": pending}
    return plan(State(deployment), [EARLIER], connection, **more)


def verdicts(found: Plan) -> list[tuple[str, Verdict]]:
    return [(step.goal.resource_name, step.verdict) for step in found.steps]


def only(found: Plan) -> Step:
    (step,) = found.steps
    return step


def being_replaced(resource: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(resource), "type": SOURCE_TYPE, "id": "0" * 24, "pendingReplacement": True, **more}


def test_of_two_killed_runs_the_latest_has_the_declared_inputs(connection: Connection) -> None:
    """Both were creating the same source; the engine lists the latest first."""
    make(connection, "orders")
    step = only(planned(connection, [creating("orders", "orders", wait=False), creating("orders", "orders")]))
    assert (step.verdict, step.goal.declared.wait) == (Verdict.BRING_IN, False)


def test_a_source_whose_parent_is_missing_is_left_to_adopt(connection: Connection) -> None:
    """`adopt` runs the program, which declares the parents."""
    team = "urn:pulumi:dev::infra::acme:index:Team::team"
    source = make(connection, "orders")
    pending = [creating("orders", "orders", parent=team)]
    step = only(planned(connection, pending))
    assert (step.verdict, step.adoptable) == (Verdict.LEAVE, True)
    assert step.live
    assert step.live.id == source
    assert "its parent team is not in the state" in step.why
    there = {"urn": team, "type": "acme:index:Team", "parent": STACK}
    assert only(planned(connection, pending, there)).verdict is Verdict.BRING_IN


def test_only_the_given_urns_are_searched_for(connection: Connection) -> None:
    """The others stay as they are."""
    make(connection, "orders")
    pending = [creating("orders", "orders"), creating("other", "other")]
    assert verdicts(planned(connection, pending, urns={urn("orders")})) == [("orders", Verdict.BRING_IN)]


@pytest.mark.parametrize(
    "stands_on",
    [
        {"dependencies": [urn("orders")]},
        {"parent": urn("orders")},
        {"propertyDependencies": {"config": [urn("orders")]}},
        {"deletedWith": urn("orders")},
        {"replaceWith": [urn("orders")]},
    ],
)
def test_a_source_that_others_depend_on_is_replaced_in_its_place(
    connection: Connection, stands_on: dict[str, Any]
) -> None:
    """`pulumi state delete` would refuse it; without dependents, it is taken out first."""
    make(connection, "orders")
    pending = [creating("orders", "orders")]
    alone = only(planned(connection, pending, being_replaced("orders")))
    assert (alone.verdict, alone.replaces, alone.in_place) == (Verdict.BRING_IN, True, False)
    other = {"urn": urn("other"), "type": SOURCE_TYPE, "id": "other", **stands_on}
    step = only(planned(connection, pending, being_replaced("orders"), other))
    assert (step.verdict, step.in_place) == (Verdict.BRING_IN, True)
    assert only(planned(connection, pending, being_replaced("orders", protect=True))).in_place


def test_no_other_interrupted_create_is_lost_by_a_replacement(connection: Connection) -> None:
    """That of another provider, and of a source that is left alone: the reason says what to resolve first."""
    make(connection, "orders")
    dependent = {"urn": urn("other"), "type": SOURCE_TYPE, "id": "other", "dependencies": [urn("orders")]}
    bucket = "urn:pulumi:dev::infra::aws:s3/bucket:Bucket::logs"
    others = {"type": "creating", "resource": {"urn": bucket, "type": "aws:s3/bucket:Bucket"}}
    step = only(planned(connection, [creating("orders", "orders"), others], being_replaced("orders"), dependent))
    assert (step.verdict, step.adoptable) == (Verdict.LEAVE, False)
    assert "forget the interrupted creates of logs: resolve those first" in step.why

    taken = make(connection, "taken")
    pending = [creating("orders", "orders"), creating("taken", "taken", config={"format": "string"})]
    found = planned(connection, pending, being_replaced("orders"), dependent)
    assert verdicts(found) == [("orders", Verdict.LEAVE), ("taken", Verdict.LEAVE)]
    connection.api.sources.delete(taken)
    found = planned(connection, pending, being_replaced("orders"), dependent)
    assert verdicts(found) == [("orders", Verdict.BRING_IN), ("taken", Verdict.FORGET)]


def test_a_mark_is_kept_while_the_killed_run_may_have_created_a_source_of_its_name(connection: Connection) -> None:
    """Even if the stack manages the resource by now, under another name."""
    source = make(connection, "first")
    managed = {"urn": urn("orders"), "type": SOURCE_TYPE, "id": "second"}
    pending = [creating("orders", "first", config={"format": "string"})]
    step = only(planned(connection, pending, managed))
    assert (step.verdict, step.adoptable) == (Verdict.LEAVE, False)
    assert "another source already (second), and the name is taken" in step.why
    connection.api.sources.delete(source)
    assert only(planned(connection, pending, managed)).verdict is Verdict.FORGET


def test_a_source_that_two_resources_claim_comes_in_for_neither(connection: Connection) -> None:
    """It can be one resource only, and only the user knows which. The commands for both are given."""
    source = make(connection, "orders")
    pending = [creating("a", "orders"), creating("b", "orders")]
    found = planned(connection, pending)
    assert verdicts(found) == [("a", Verdict.LEAVE), ("b", Verdict.LEAVE)]
    assert {step.live.id for step in found.steps if step.live} == {source}
    assert all(step.is_ours and step.adoptable for step in found.steps)
    assert "b has the same name 'orders'" in found.steps[0].why
    assert "a has the same name 'orders'" in found.steps[1].why
    # Once one of them has it, the other one was not created.
    found = planned(connection, pending, {"urn": urn("a"), "type": SOURCE_TYPE, "id": source})
    assert verdicts(found) == [("a", Verdict.FORGET), ("b", Verdict.FORGET)]


def test_the_user_is_not_asked_to_delete_a_source_that_another_resource_may_need(connection: Connection) -> None:
    """The other resource can still adopt it."""
    make(connection, "orders")
    managed = {"urn": urn("a"), "type": SOURCE_TYPE, "id": "f" * 24}
    first, second = planned(connection, [creating("a", "orders"), creating("b", "orders")], managed).steps
    assert (first.verdict, first.adoptable) == (Verdict.LEAVE, False)
    assert (second.verdict, second.adoptable) == (Verdict.LEAVE, True)
    assert "delete" not in first.why


def test_a_source_that_comes_in_for_another_resource_is_not_called_adoptable(connection: Connection) -> None:
    """Only one of them can have created it: the other one declares other values."""
    source = make(connection, "orders")
    pending = [creating("a", "orders"), creating("b", "orders", config={"format": "string"})]
    found = planned(connection, pending)
    assert verdicts(found) == [("a", Verdict.BRING_IN), ("b", Verdict.LEAVE)]
    assert found.steps[1].adoptable is False
    assert f"{source} has the same name and comes in as a" in found.steps[1].why


def test_the_marks_of_a_source_that_two_resources_claim_are_kept(connection: Connection) -> None:
    """And nothing is recorded."""
    make(connection, "orders")
    pending = [creating("a", "orders"), creating("b", "orders")]
    pulumi = InMemory(whole={"deployment": {"resources": [ROOT], "pending_operations": pending}})
    carry_out(pulumi, connection, plan(State(pulumi.export()), [EARLIER], connection))
    assert pulumi.whole["deployment"] == {"resources": [ROOT], "pending_operations": pending}


STRING: dict[str, Any] = {"config": {"format": "string"}}
"""A config that differs from those that `make` creates."""


def left_ids(found: Plan) -> list[str]:
    return [step.live.id for step in found.having(Verdict.LEAVE) if step.live]


def test_no_source_of_an_attempt_is_skipped(connection: Connection) -> None:
    """After killed runs with several names: neither besides the one that comes in, nor besides others."""
    first, second, third = (make(connection, name) for name in ("first", "second", "third"))
    beside = planned(connection, [creating("a", "third"), creating("a", "second", **STRING), creating("a", "first")])
    assert verdicts(beside) == [("a", Verdict.BRING_IN), ("a", Verdict.LEAVE), ("a", Verdict.LEAVE)]
    assert beside.steps[0].live
    assert beside.steps[0].live.id == third
    assert set(left_ids(beside)) == {first, second}
    assert not any(step.adoptable for step in beside.steps)
    (taken,) = (step for step in beside.steps if step.live and step.live.id == second)
    assert f"the resource is another source already ({third}), and the name is taken" in taken.why

    alone = planned(connection, [creating("a", "second", **STRING), creating("a", "first", **STRING)])
    assert verdicts(alone) == [("a", Verdict.LEAVE), ("a", Verdict.LEAVE)]
    assert left_ids(alone) == [second, first]
    assert all(step.adoptable for step in alone.steps)
    # One source is one step, although two attempts have its name.
    again = planned(connection, [creating("a", "first", wait=False, **STRING), creating("a", "first", **STRING)])
    assert left_ids(again) == [first]
    assert left_ids(planned(connection, [creating("a", "first", **STRING), creating("a", "first")])) == []


def test_a_mark_is_kept_while_another_source_of_the_resource_is_left_alone(connection: Connection) -> None:
    """What comes in is recorded; the next recovery reports the other one again, until it is gone."""
    first, second = make(connection, "first"), make(connection, "second")
    pending = [creating("a", "second"), creating("a", "first", **STRING)]
    pulumi = Importing(whole={"deployment": {"resources": [ROOT], "pending_operations": pending}})
    carry_out(pulumi, connection, plan(State(pulumi.export()), [EARLIER], connection))
    state = State(pulumi.export())
    assert state.holders(SOURCE) == {second: urn("a")}
    assert pulumi.whole["deployment"]["pending_operations"] == pending
    again = plan(state, [EARLIER], connection)
    assert (verdicts(again), left_ids(again)) == ([("a", Verdict.LEAVE)], [first])
    connection.api.sources.delete(first)
    carry_out(pulumi, connection, plan(state, [EARLIER], connection))
    assert pulumi.whole["deployment"]["pending_operations"] == []


class Importing(InMemory):
    """Adds imported resources to its state."""

    def import_file(self, content: str, *, protect: bool) -> None:
        for each in json.loads(content)["resources"]:
            its = {"urn": urn(each["logicalName"], BY_TYPE[each["type"]]), "type": each["type"], "id": each["id"]}
            self.whole["deployment"]["resources"].append({**its, "protect": protect})


def test_what_the_killed_run_created_comes_in_whatever_the_stack_only_reads(connection: Connection) -> None:
    """By `Source.get`: under another resource's name, or under the same one, which the run was about to manage."""
    source = make(connection, "orders")
    for resource in ("seen", "orders"):
        seen = {"urn": urn(resource), "type": SOURCE_TYPE, "id": source, "external": True}
        step = only(planned(connection, [creating("orders", "orders")], seen))
        assert (step.verdict, step.live and step.live.id, step.replaces) == (Verdict.BRING_IN, source, False)


def creating_tag(resource: str, **inputs: Any) -> dict[str, Any]:
    declared = {"name": "team", "type": ["sources", "pipelines"], **inputs}
    tag = {"urn": urn(resource, TAG), "type": TAG.type_token, "parent": STACK, "inputs": declared}
    return {"type": "creating", "resource": tag}


@pytest.mark.parametrize("description", ["", "of the data team"])
def test_a_tag_is_taken_for_the_killed_runs_by_all_that_it_has(connection: Connection, description: str) -> None:
    """Its age is unknown, which the plan says. Tags of that name that differ in anything are none of our business."""
    tags = connection.api.tags
    tags.create(name="team", type=["sources"], description=description)
    tags.create(name="team", type=["pipelines", "sources"], description="another")
    pending = [creating_tag("team", description=description) if description else creating_tag("team")]
    pulumi = Importing(whole={"deployment": {"resources": [ROOT], "pending_operations": pending}})
    assert verdicts(plan(State(pulumi.export()), [], connection)) == [("team", Verdict.FORGET)]
    made = tags.create(name="team", type=["pipelines", "sources"], description=description).id
    found = plan(State(pulumi.export()), [], connection)
    step = only(found)
    assert (step.verdict, step.live and step.live.id) == (Verdict.BRING_IN, made)
    assert step.why == "age unknown; its name, type and description are those of the interrupted create"
    carry_out(pulumi, connection, found)
    assert State(pulumi.export()).holders(TAG) == {made: urn("team", TAG)}
    assert pulumi.whole["deployment"]["pending_operations"] == []


def test_a_tag_that_may_be_somebody_elses_is_not_called_the_killed_runs(connection: Connection) -> None:
    """Where the resource has another tag by now, and where two resources claim it."""
    connection.api.tags.create(name="team", type=["pipelines", "sources"])
    managed = {"urn": urn("team", TAG), "type": TAG.type_token, "id": "f" * 24}
    step = only(planned(connection, [creating_tag("team")], managed))
    assert step.verdict is Verdict.LEAVE
    assert step.why.startswith("age unknown; ")
    assert step.why.endswith("another tag already: delete this one in Streamkap, unless somebody else needs it")
    both = planned(connection, [creating_tag("team"), creating_tag("other")])
    assert all(step.verdict is Verdict.LEAVE and step.why.startswith("age unknown; ") for step in both.steps)
