"""What `adopt` says where a source cannot come in, by what the engine plans for its resource."""

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
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE
from streamkap_pulumi.stack import adoptable
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.planned import Program
from streamkap_pulumi.stack.program import Pulumi, StackError
from streamkap_pulumi.stack.state import State, Wanted
from tests.stack.pulumis import InMemory

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
def test_of_a_source_that_the_stack_manages_the_alias_is_told_that_leads_to_it(renamed: str, earlier: str) -> None:
    """Where the program declares the earlier one no more; else it is not the same resource."""
    said = adoptable.why_held(declaring(renamed), renamed, "made", URN)
    assert said.startswith(f"The source made is managed by this stack already, as {URN}. If that is the same resource")
    assert earlier in said
    both = adoptable.why_held(declaring(renamed, URN), renamed, "made", URN)
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
            "recorded was deleted, and the run was ended before its successor was recorded. `streamkap recover --stack",
        ),
    ],
)
def test_a_source_that_up_would_not_create_is_named_for_what_it_is(
    steps: list[str], resource: dict[str, Any], said: str
) -> None:
    """Managed, managed under an earlier name (an alias), or half replaced: of none the plan tells the inputs."""
    with pytest.raises(StackError, match=re.escape(said)):
        adoptable.check(PULUMI, program(steps), URN, State({"resources": [resource]}))
    adoptable.check(PULUMI, program(["create"]), URN, State({}))


def test_a_parent_that_neither_is_in_the_state_nor_comes_along_is_named() -> None:
    """As one that is a resource, or has another name in the state by now. `$` stays what it is in a shell."""
    custom = {TEAM: {"steps": ["create"], "goal": {"type": "t", "custom": True, "parent": STACK}}}
    component = {TEAM: {"steps": ["create"], "goal": {"type": "t", "custom": False, "parent": STACK}}}
    adoptable.check(PULUMI, program(["create"], TEAM, **component), URN, State({}))
    adoptable.check(PULUMI, program(["create"], TEAM, **custom), URN, State({"resources": [{"urn": TEAM}]}))
    with pytest.raises(StackError, match="team, a parent of orders, is not in the state") as refused:
        adoptable.check(PULUMI, program(["create"], TEAM, **custom), URN, State({}))
    (command,) = re.findall("`([^`]+)`", str(refused.value))
    assert shlex.split(command) == ["pulumi", "up", "--target", TEAM, "--stack", "prod"]


FROM_LOOKED_AT = ("create-replacement", "replace", "discard-replaced")
"""What the engine plans where a program declares what it had only looked at."""


def test_a_source_that_was_only_looked_at_can_be_adopted() -> None:
    """Instead of a `Source.get`, of the same name or led to by an alias; unless Pulumi would keep that one."""
    seen = in_state(external=True)
    adoptable.check(PULUMI, program(FROM_LOOKED_AT), URN, State({"resources": [seen]}))
    adoptable.check(PULUMI, program(FROM_LOOKED_AT), URN, State({"resources": [{**seen, "urn": f"{URN}-before"}]}))
    with pytest.raises(StackError, match=r"only looks at orders so far \(`Source.get` of recorded\).* another name"):
        adoptable.check(PULUMI, program(FROM_LOOKED_AT), URN, State({"resources": [{**seen, "protect": True}]}))
    with pytest.raises(StackError, match=r"only looks at orders \(`Source.get` of recorded\): declare it"):
        adoptable.check(PULUMI, program(["read"]), URN, State({"resources": [seen]}))


@pytest.fixture
def connection() -> Iterator[Connection]:
    with (
        Emulator(faults={"status_delay": 0}) as emulator,
        api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap,
    ):
        yield Connection(Context(SOURCE, streamkap), 0.0, timedelta())


def test_a_source_that_a_killed_run_has_made_is_not_forgotten_by_an_adoption(connection: Connection) -> None:
    """It is named; one that only bears the name is told, and keeps its mark."""
    sources = connection.context.api.sources
    made = sources.create(name="orders", connector="webhook", config={"format": "json"}).id
    runs = [{"kind": "update", "result": "succeeded", "endTime": "2020-01-01T00:00:00Z"}]

    def others(source_id: str, urn: str = URN, **config: str) -> list[str]:
        inputs = {"connector": "webhook", "config": config, "name": "orders"}
        pending = {"type": "creating", "resource": {"urn": urn, "type": SOURCE_TYPE, "inputs": inputs}}
        state = State({"pending_operations": [pending]})
        return adoptable.other_sources(InMemory(runs=runs), connection, state, Wanted(URN, {}), source_id)

    with pytest.raises(StackError, match=f"A killed run has made another source for orders, {made} "):
        others("another", format="json")
    assert others(made, format="json") == []
    assert others("another", format="string") == [made]
    assert others("another", f"{URN}2", format="json") == []


def test_no_source_of_a_killed_try_is_passed_over_by_an_adoption(connection: Connection) -> None:
    """Beside the one that is adopted, and beside others: the mark is kept for each."""
    sources = connection.context.api.sources
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
    adopted = adoptable.other_sources(InMemory(runs=runs), connection, state, Wanted(URN, {}), second)
    assert adopted == [first]
