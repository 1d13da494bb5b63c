"""Whether an object can become the one that the program declares, and which others there are."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, resource_name
from streamkap_pulumi.stack import recovery
from streamkap_pulumi.stack.commands import Pulumi, StackError
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.importing import check_gives_way
from streamkap_pulumi.stack.planned import Program
from streamkap_pulumi.stack.state import Goal, State

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind


def check(pulumi: Pulumi, program: Program, urn: str, state: State) -> None:
    """Check that an `up` would create the resource of that URN, and that its parents are in the state.

    Raises:
        StackError: it is managed already, its parent is missing, or what the stack only reads under its name must stay.
    """
    if not would_be_created(program, urn, state):
        raise StackError(_why_not_created(pulumi, program, urn, state))
    check_gives_way(state, urn)
    created = program.new_parents(urn)
    parent = created[0].parent if created else program.goal(urn).parent
    if parent and f"::{STACK_TYPE}::" not in parent and all(each["urn"] != parent for each in state.resources):
        raise StackError(
            f"{resource_name(parent)}, a parent of {resource_name(urn)}, is not in the state under its current name. "
            f"Record it first: `pulumi up --target {shlex.quote(parent)}{pulumi.options}`."
        )


def would_be_created(program: Program, urn: str, state: State) -> bool:
    """Whether an `up` creates it, also instead of one that the stack only reads: that is discarded and not deleted."""
    steps = program.steps(urn)
    created = "create" in steps or {"create-replacement", "discard-replaced"} <= {*steps}
    return created and state.managed(urn) is None


def why_held(program: Program, goal: Goal, object_id: str, holder: str) -> str:
    """Why an object that the stack manages by the URN `holder` cannot become the one that `goal` declares."""
    held = f"The {goal.kind.noun} {object_id} is managed by this stack already, as {holder}."
    if program.is_declared(holder):
        return (
            f"{held} The program declares both: give {goal.resource_name} another name, or the id of another "
            f"{goal.kind.noun}."
        )
    # An alias of a name alone works only among siblings: not into a component, nor out of one.
    beside = holder.rpartition("::")[0] == goal.urn.rpartition("::")[0]
    earlier = f'pulumi.Alias(name="{resource_name(holder)}")' if beside else f'"{holder}"'
    return f"{held} If that is the same resource under its earlier name, give it `aliases=[{earlier}]` in its options."


def described(kind: Kind, live: Any) -> str:
    """What distinguishes a live object: its id, and its connector and status where its kind has them."""
    facts = [live.id]
    if "connector" in kind.by_name:
        facts.append(live.connector)
    if kind.status:
        facts.append(kind.status_of(live) or "no status")
    return ", ".join(facts)


def other_objects(pulumi: Pulumi, connection: Connection, state: State, goal: Goal, object_id: str) -> list[str]:
    """The ids of objects that have the name of an interrupted create of `goal`, other than the one to adopt.

    Raises:
        StackError: a killed run certainly created one of them, which would be forgotten with the mark.
        StreamkapError: the API cannot be reached, or refuses.
    """
    if all(each.urn != goal.urn for each in state.interrupted_creates()):
        return []
    planned = recovery.plan(state, pulumi.history(), connection, {goal.urn})
    others = [step for step in planned.steps if step.live and step.live.id != object_id]
    for step in others:
        if step.is_ours and step.live:
            created = "created" if goal.kind.is_dated else "may have created"
            raise StackError(
                f"A killed run {created} another {goal.kind.noun} for {goal.resource_name}, {step.live.id} "
                f"({step.live.name}): `streamkap recover{pulumi.options}` brings that one in, or says which other "
                "resource needs it. Or delete it in Streamkap, then adopt."
            )
    return [step.live.id for step in others if step.live]


def unmanaged(connection: Connection, state: State, goal: Goal) -> list[Any]:
    """The objects of the kind, and of the declared connector, that the stack does not manage, by name (all pages).

    Raises:
        StreamkapError: the API cannot be reached, or refuses.
    """
    kind, holders = goal.kind, state.holders(goal.kind)
    filters = {"connector": goal.declared.connector} if "connector" in kind.by_name else {}
    found = (each for each in kind.client(connection.api).iterate(**filters) if each.id not in holders)
    return sorted((each for each in found if not kind.is_reserved(each)), key=lambda each: (each.name or "", each.id))


def _why_not_created(pulumi: Pulumi, program: Program, urn: str, state: State) -> str:
    goal = program.goal(urn)
    name, noun = goal.resource_name, goal.kind.noun
    replaced = state.replaced(urn)
    if replaced:
        return (
            f"{name} is in the middle of a replacement: {replaced} was deleted, and the run ended before the new "
            f"{noun} was recorded. `streamkap recover{pulumi.options}` brings in what was created."
        )
    read_only = state.read_only(urn)
    if read_only:
        title = goal.kind.type_name
        return f"The program only reads {name} (`{title}.get` of {read_only}): declare it as a {title}, then adopt it."
    managed = state.managed(urn)
    up = f" `pulumi up{pulumi.options}` would replace it." if "replace" in program.steps(urn) else ""
    if managed:
        return f"{name} is managed by this stack already: its {noun} is {managed.get('id')}.{up}"
    # The state has it under a name that the program no longer declares: an alias leads to it.
    holders = state.holders(goal.kind).items()
    earlier = [f"{each} ({resource_name(old)})" for each, old in holders if not program.is_declared(old)]
    its = f" Its {noun} is {' or '.join(earlier)}." if earlier else ""
    return f"{name} is managed by this stack already, under an earlier name.{its}{up}"
