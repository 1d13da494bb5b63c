"""Brings objects that exist into a stack's state, and clears the marks of interrupted creates.

It writes a file for `pulumi import --file` with inputs and outputs: with these, the engine asks no provider. `pulumi
import TYPE NAME ID` does not work for a dynamic resource: the provider, which is an input of the resource, is missing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.lifecycle.declared import sealed
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, resource_name, resource_type
from streamkap_pulumi.stack.commands import Pulumi, StackError
from streamkap_pulumi.stack.secret_marks import secret, secret_as
from streamkap_pulumi.stack.state import Goal, State

_MOST_KILLS = 100
"""Interrupted creates of one URN that are cleared at most."""
_OF_THE_OLD_ONE = ("pendingReplacement", "importID", "initErrors", "created", "modified", "protect")
"""Properties of a replaced resource that its successor does not take over."""


@dataclass(frozen=True)
class Recording:
    """An object to record: what the program declares, the object's id, and the outputs of a create."""

    goal: Goal
    object_id: str
    outputs: Mapping[str, Any] = field(repr=False)
    inputs: Mapping[str, Any] | None = field(default=None, repr=False)
    """Plain inputs, where these differ from what the program declares."""


@dataclass(frozen=True)
class Component:
    """A parent that the program declares and that is not in the state yet."""

    urn: str
    type: str
    parent: str | None


def record(pulumi: Pulumi, recordings: Sequence[Recording], components: Sequence[Component] = ()) -> None:
    """Import the objects into the state, with two commands if only some are protected: `--protect` is for a whole file.

    What the stack only reads under one of their names is taken out first: an import would skip or refuse it.

    Raises:
        StackError: it failed; `pulumi` shows what is in the state.
        StackLockedError: nothing was done.
    """
    state = State(pulumi.export()) if recordings else State({})
    read_only = [each.goal.urn for each in recordings if state.read_only(each.goal.urn)]
    for urn in read_only:
        check_gives_way(state, urn)
    for urn in read_only:
        pulumi.forget(urn)
    created = list(components)
    for protect in (False, True):
        alike = [each for each in recordings if each.goal.protect == protect]
        if alike:
            pulumi.import_file(import_file(alike, created), protect=protect)
            created = []


def check_gives_way(state: State, urn: str) -> None:
    """Check that what the stack may only read by that URN can be taken out of the state.

    Raises:
        StackError: Pulumi would refuse it.
    """
    read_only, name, kind = state.read_only(urn), resource_name(urn), BY_TYPE[resource_type(urn)]
    if read_only and state.must_stay(urn):
        raise StackError(
            f"So far the stack only reads {name} (`{kind.type_name}.get` of {read_only}), and that cannot be removed "
            f"from the state: other resources depend on it, or it is protected. Declare the {kind.noun} under another "
            f"name than {name}, and run `streamkap adopt` for that one."
        )


def import_file(recordings: Sequence[Recording], components: Sequence[Component] = ()) -> str:
    """The file, as JSON. It holds secrets."""
    new = {each.urn: f"new{number}" for number, each in enumerate(components)}
    parents = {each.goal.parent for each in recordings} | {each.parent for each in components}
    recorded = sorted(urn for urn in parents if urn and urn not in new and f"::{STACK_TYPE}::" not in urn)
    names = {urn: f"parent{number}" for number, urn in enumerate(recorded)} | new
    resources = [
        {"type": each.type, "name": new[each.urn], "logicalName": resource_name(each.urn), "component": True}
        | _parent(each.parent, names)
        for each in components
    ]
    for number, each in enumerate(recordings):
        kind, goal = each.goal.kind, each.goal
        resource = {"type": kind.type_token, "name": f"{kind.noun}{number}", "logicalName": goal.resource_name}
        resources.append(resource | _recorded(each) | _parent(goal.parent, names))
    return json.dumps({"nameTable": {names[urn]: urn for urn in recorded}, "resources": resources})


def take_place(pulumi: Pulumi, recordings: Sequence[Recording]) -> None:
    """Record the objects in the places of those that they replace and that others depend on, with one import.

    `pulumi state delete` refuses what others depend on. So the whole state is exported, changed there and imported,
    through pipes since it holds secrets. An import forgets everything that was interrupted, so it comes last, and only
    where it forgets no create but these. It does not lock the stack in between: no run may be active before it, and
    none may have changed the state since the export. A run that begins and ends in the moment left is not noticed.

    Raises:
        StackError: `pulumi` failed, or another run has changed the stack meanwhile. Nothing was done.
        StackLockedError: another run is active. Nothing was done.
    """
    if not recordings:
        return
    new = {each.goal.urn: each for each in recordings}
    again = f"Run `streamkap recover{pulumi.options}` again."
    whole = pulumi.exported()
    state = State(whole.get("deployment") or {})
    lost = [urn for urn in (*state.interrupted("creating"), *state.other_creates()) if urn not in new]
    if lost:
        raise StackError(f"Another create was interrupted meanwhile, of {', '.join(map(resource_name, lost))}. {again}")
    resources = [
        _new_in_place_of(each, new[each["urn"]]) if each["urn"] in new and each.get("pendingReplacement") else each
        for each in state.resources
    ]
    # Clears nothing, but fails if the stack is locked.
    pulumi.clear_pending_creates([], state.root or "")
    now = State(pulumi.exported().get("deployment") or {})
    if _content(now) != _content(state) or not all(map(now.replaced, new)):
        raise StackError(f"The stack was changed meanwhile. {again}")
    pulumi.import_stack(json.dumps({**whole, "deployment": {**state.deployment, "resources": resources}}))


def forget_creates(pulumi: Pulumi, urns: Collection[str]) -> None:
    """Clear every interrupted create of `urns`, and no other. Several killed runs leave one each.

    Raises:
        StackError: `pulumi` failed.
        StackLockedError: the stack is locked.
    """
    for _ in range(_MOST_KILLS):
        state = State(pulumi.export())
        pending = state.interrupted("creating")
        left = [urn for urn in urns if urn in pending]
        if not left:
            return
        pulumi.clear_pending_creates(left, state.root or "")


def _recorded(recording: Recording) -> dict[str, Any]:
    """What the state holds of the object: ``id``, ``inputs`` and ``outputs``, secrets marked.

    An interrupted create may hold a secret in clear, as earlier versions left what a transform had set: it is marked.
    """
    goal = recording.goal
    marked = goal.declared.secret_keys
    provider = {"__provider": goal.inputs.get("__provider")}
    plain = recording.inputs
    inputs = dict(goal.inputs) if plain is None else secret_as(plain, goal.inputs) | provider
    outputs = secret_as({**recording.outputs}, goal.inputs) | provider
    return {
        "id": recording.object_id,
        "inputs": sealed(goal.kind, inputs, marked, secret),
        "outputs": sealed(goal.kind, outputs, marked, secret),
    }


def _parent(urn: str | None, names: Mapping[str, str]) -> dict[str, str]:
    return {"parent": names[urn]} if urn and urn in names else {}


def _content(state: State) -> tuple[object, ...]:
    """What a run may have changed, without the time of the last write."""
    return state.resources, state.deployment.get("pending_operations") or []


def _new_in_place_of(old: Mapping[str, Any], recording: Recording) -> dict[str, Any]:
    """The new one with the old one's position and dependencies, which the next `up` renews."""
    goal = recording.goal
    kept = {key: value for key, value in old.items() if key not in _OF_THE_OLD_ONE}
    provider = {"provider": goal.provider} if goal.provider else {}
    return {**kept, **_recorded(recording), **provider, **({"protect": True} if goal.protect else {})}
