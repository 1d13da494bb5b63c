"""Brings sources that exist into a stack's state, by a file for `pulumi import --file` that names inputs and outputs.

With outputs given, the engine asks no provider. `pulumi import TYPE NAME ID` cannot do it for a dynamic resource: the
provider, which is an input of the resource, would be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.declared import sealed
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE, STACK_TYPE, resource_name
from streamkap_pulumi.stack.program import Pulumi, StackError
from streamkap_pulumi.stack.secrecy import secret, secret_as
from streamkap_pulumi.stack.state import State, Wanted


@dataclass(frozen=True)
class Recording:
    """A source to be recorded: what the program declares, the source's id, and the outputs of a create."""

    wanted: Wanted
    source_id: str
    outputs: Mapping[str, Any] = field(repr=False)
    inputs: Mapping[str, Any] | None = field(default=None, repr=False)
    """Plain inputs, where what is recorded differs from what the program declares."""


@dataclass(frozen=True)
class Component:
    """A parent that the program declares and that is not in the state yet."""

    urn: str
    type: str
    parent: str | None


def record(pulumi: Pulumi, recordings: Sequence[Recording], components: Sequence[Component] = ()) -> None:
    """Bring the sources into the state. Whether one is protected is told for a whole file, so there may be two.

    What the stack only looks at under one of their names gives way. An import would pass over it, or refuse.

    Raises:
        StackError: it failed; what is in the state, `pulumi` tells.
        StackLockedError: nothing was done.
    """
    state = State(pulumi.export()) if recordings else State({})
    seen = [each.wanted.urn for each in recordings if state.looked_at(each.wanted.urn)]
    for urn in seen:
        check_gives_way(state, urn)
    for urn in seen:
        pulumi.forget(urn)
    created = list(components)
    for protect in (False, True):
        alike = [each for each in recordings if each.wanted.protect == protect]
        if alike:
            pulumi.import_file(import_file(alike, created), protect=protect)
            created = []


def check_gives_way(state: State, urn: str) -> None:
    """Look whether what the stack may only look at by that URN can be taken out of the state.

    Raises:
        StackError: Pulumi would refuse it.
    """
    seen, name = state.looked_at(urn), resource_name(urn)
    if seen and state.has_to_stay(urn):
        raise StackError(
            f"The stack only looks at {name} so far (`Source.get` of {seen}), and that cannot be taken out of the "
            f"state: other resources depend on it, or it is protected. Declare the source under another name than "
            f"{name}, and run `streamkap adopt` for that one."
        )


def import_file(recordings: Sequence[Recording], components: Sequence[Component] = ()) -> str:
    """The file, as JSON. It holds secrets."""
    new = {each.urn: f"new{number}" for number, each in enumerate(components)}
    parents = {each.wanted.parent for each in recordings} | {each.parent for each in components}
    recorded = sorted(urn for urn in parents if urn and urn not in new and f"::{STACK_TYPE}::" not in urn)
    names = {urn: f"parent{number}" for number, urn in enumerate(recorded)} | new
    resources = [
        {"type": each.type, "name": new[each.urn], "logicalName": resource_name(each.urn), "component": True}
        | _parent(each.parent, names)
        for each in components
    ]
    for number, each in enumerate(recordings):
        resource = {"type": SOURCE_TYPE, "name": f"source{number}", "logicalName": each.wanted.resource_name}
        resources.append(resource | recorded_as(each) | _parent(each.wanted.parent, names))
    return json.dumps({"nameTable": {names[urn]: urn for urn in recorded}, "resources": resources})


def recorded_as(recording: Recording) -> dict[str, Any]:
    """What the state holds of the source: ``id``, ``inputs`` and ``outputs``, secrets marked.

    Those too that an interrupted create holds in clear, as earlier versions left what a transform had set.
    """
    wanted = recording.wanted
    marked = wanted.declared.secret_keys
    provider = {"__provider": wanted.inputs.get("__provider")}
    plain = recording.inputs
    inputs = dict(wanted.inputs) if plain is None else secret_as(plain, wanted.inputs) | provider
    outputs = secret_as({**recording.outputs}, wanted.inputs) | provider
    return {
        "id": recording.source_id,
        "inputs": sealed(SOURCE, inputs, marked, secret),
        "outputs": sealed(SOURCE, outputs, marked, secret),
    }


def _parent(urn: str | None, names: Mapping[str, str]) -> dict[str, str]:
    return {"parent": names[urn]} if urn and urn in names else {}
