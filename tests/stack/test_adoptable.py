"""Why `adopt` refuses a source, by what the engine plans for its resource."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.stack import adoptable
from streamkap_pulumi.stack.commands import Pulumi, StackError
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.planned import Program
from streamkap_pulumi.stack.state import Goal, State
from tests.stack.fake_pulumi import SOURCE_TYPE, InMemory

STACK = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"
TEAM = "urn:pulumi:dev::infra::acme:index:Region$acme:index:Team::team"
PULUMI = Pulumi(Path(), "prod")


def program(steps: Sequence[str], parent: str = STACK, **parents: Any) -> Program:
    goals = {URN: {"steps": list(steps), "goal": {"type": SOURCE_TYPE, "parent": parent}}}
    return Program({"resourcePlans": {**goals, **parents}})


def declaring(*urns: str) -> Program:
    return Program({"resourcePlans": {urn: {"steps": ["create"], "goal": {"type": SOURCE_TYPE}} for urn in urns}})


@pytest.mark.parametrize(
    ("renamed", "earlier"),
    [
        (URN.replace("orders", "renamed"), '`aliases=[pulumi.Alias(name="orders")]`'),
        (URN.replace(SOURCE_TYPE, f"acme:index:Team${SOURCE_TYPE}"), f'`aliases=["{URN}"]`'),
    ],
    ids=["renamed", "moved into a component"],
)
def test_for_a_source_that_the_stack_manages_the_error_names_the_alias(renamed: str, earlier: str) -> None:
    """If the program no longer declares the earlier one; else it is not the same resource."""
    said = adoptable.why_held(declaring(renamed), Goal(renamed, {}), "made", URN)
    assert said.startswith(f"The source made is managed by this stack already, as {URN}. If that is the same resource")
    assert earlier in said
    both = adoptable.why_held(declaring(renamed, URN), Goal(renamed, {}), "made", URN)
    assert "The program declares both: give" in both
    assert "aliases" not in both


def in_state(**more: Any) -> dict[str, Any]:
    return {"urn": URN, "type": SOURCE_TYPE, "id": "recorded", **more}


@pytest.mark.parametrize(
    ("steps", "resource", "said"),
    [
        (["same"], in_state(), "orders is managed by this stack already: its source is recorded."),
        (["replace", "create"], in_state(), "its source is recorded. `pulumi up --stack prod` would replace it."),
        (["update"], in_state(urn=f"{URN}-before"), "under an earlier name. Its source is recorded (orders-before)."),
        (
            ["replace", "create-replacement"],
            in_state(pendingReplacement=True),
            "recorded was deleted, and the run ended before the new source was recorded. `streamkap recover --stack",
        ),
    ],
)
def test_for_a_source_that_up_would_not_create_the_error_says_why(
    steps: list[str], resource: dict[str, Any], said: str
) -> None:
    """Managed, managed under an earlier name (an alias), or half replaced: the plan has no inputs of these."""
    with pytest.raises(StackError, match=re.escape(said)):
        adoptable.check(PULUMI, program(steps), URN, State({"resources": [resource]}))
    adoptable.check(PULUMI, program(["create"]), URN, State({}))


def test_a_parent_that_is_neither_in_the_state_nor_created_now_is_named() -> None:
    """A resource, or a parent with another name in the state. `$` is quoted for a shell."""
    custom = {TEAM: {"steps": ["create"], "goal": {"type": "t", "custom": True, "parent": STACK}}}
    component = {TEAM: {"steps": ["create"], "goal": {"type": "t", "custom": False, "parent": STACK}}}
    adoptable.check(PULUMI, program(["create"], TEAM, **component), URN, State({}))
    adoptable.check(PULUMI, program(["create"], TEAM, **custom), URN, State({"resources": [{"urn": TEAM}]}))
    with pytest.raises(StackError, match="team, a parent of orders, is not in the state") as refused:
        adoptable.check(PULUMI, program(["create"], TEAM, **custom), URN, State({}))
    (command,) = re.findall("`([^`]+)`", str(refused.value))
    assert shlex.split(command) == ["pulumi", "up", "--target", TEAM, "--stack", "prod"]


FROM_READ_ONLY = ("create-replacement", "replace", "discard-replaced")
"""What the engine plans where a program declares a source that it only read before."""


def test_a_source_that_was_only_read_can_be_adopted() -> None:
    """Instead of a `Source.get` of the same name, or with an alias for it; unless Pulumi must keep that one."""
    seen = in_state(external=True)
    adoptable.check(PULUMI, program(FROM_READ_ONLY), URN, State({"resources": [seen]}))
    adoptable.check(PULUMI, program(FROM_READ_ONLY), URN, State({"resources": [{**seen, "urn": f"{URN}-before"}]}))
    with pytest.raises(StackError, match=r"the stack only reads orders \(`Source.get` of recorded\).* another name"):
        adoptable.check(PULUMI, program(FROM_READ_ONLY), URN, State({"resources": [{**seen, "protect": True}]}))
    with pytest.raises(StackError, match=r"only reads orders \(`Source.get` of recorded\): declare it"):
        adoptable.check(PULUMI, program(["read"]), URN, State({"resources": [seen]}))


@pytest.fixture
def connection() -> Iterator[Connection]:
    with (
        Emulator(faults={"status_delay": 0}) as emulator,
        api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap,
    ):
        yield Connection(streamkap, print, 0.0, timedelta())


def test_an_adoption_does_not_forget_a_source_that_a_killed_run_created(connection: Connection) -> None:
    """It is named; one that only has the same name is reported, and keeps its mark."""
    sources = connection.api.sources
    made = sources.create(name="orders", connector="webhook", config={"format": "json"}).id
    runs = [{"kind": "update", "result": "succeeded", "endTime": "2020-01-01T00:00:00Z"}]

    def others(source_id: str, urn: str = URN, **config: str) -> list[str]:
        inputs = {"connector": "webhook", "config": config, "name": "orders"}
        pending = {"type": "creating", "resource": {"urn": urn, "type": SOURCE_TYPE, "inputs": inputs}}
        state = State({"pending_operations": [pending]})
        return adoptable.other_objects(InMemory(runs=runs), connection, state, Goal(URN, {}), source_id)

    with pytest.raises(StackError, match=f"A killed run created another source for orders, {made} "):
        others("another", format="json")
    assert others(made, format="json") == []
    assert others("another", format="string") == [made]
    assert others("another", f"{URN}2", format="json") == []


def test_an_adoption_skips_no_source_of_a_killed_run(connection: Connection) -> None:
    """Besides the one that is adopted, and besides others: each keeps its mark."""
    sources = connection.api.sources
    first, second = (sources.create(name=name, connector="webhook", config={"format": "json"}).id for name in "ab")
    pending = [
        {"type": "creating", "resource": {"urn": URN, "type": SOURCE_TYPE, "inputs": inputs}}
        for inputs in (
            {"connector": "webhook", "config": {"format": "json"}, "name": "b"},
            {"connector": "webhook", "config": {"format": "string"}, "name": "a"},
        )
    ]
    runs = [{"kind": "update", "result": "succeeded", "endTime": "2020-01-01T00:00:00Z"}]
    state = State({"pending_operations": pending})
    adopted = adoptable.other_objects(InMemory(runs=runs), connection, state, Goal(URN, {}), second)
    assert adopted == [first]


def test_the_tags_that_could_be_meant_are_those_that_neither_the_stack_nor_streamkap_manages(
    connection: Connection,
) -> None:
    """By name. A tag has neither a connector nor a status to show."""
    tags = connection.api.tags
    third, first, managed = (tags.create(name=name, type=["sources"]).id for name in ("c", "a", "b"))
    urn = f"urn:pulumi:dev::infra::{TAG.type_token}::team"
    state = State({"resources": [{"urn": urn, "type": TAG.type_token, "id": managed}]})
    goal = Goal(urn, {"name": "team", "type": ["sources"]})
    found = adoptable.unmanaged(connection, state, goal)
    assert [each.id for each in found] == [first, third]
    assert adoptable.described(TAG, found[0]) == first
