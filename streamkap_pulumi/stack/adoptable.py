"""Whether a source can come into the place that the program has for it, and what else is there."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from typing import TYPE_CHECKING

from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, resource_name
from streamkap_pulumi.stack import recovery
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.importing import check_gives_way
from streamkap_pulumi.stack.planned import Program
from streamkap_pulumi.stack.program import Pulumi, StackError
from streamkap_pulumi.stack.state import State, Wanted

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector


def check(pulumi: Pulumi, program: Program, urn: str, state: State) -> None:
    """Look whether an `up` would create the source of that URN, and whether what is above it is in the state.

    Raises:
        StackError: it is managed already, or its parent is not, or what it takes the place of cannot give way.
    """
    if not _is_to_be_created(program.steps(urn)) or state.managed(urn):
        raise StackError(_why_not_created(pulumi, program, urn, state))
    check_gives_way(state, urn)
    created = program.new_parents(urn)
    parent = created[0].parent if created else program.wanted(urn).parent
    if parent and f"::{STACK_TYPE}::" not in parent and all(each["urn"] != parent for each in state.resources):
        raise StackError(
            f"{resource_name(parent)}, a parent of {resource_name(urn)}, is not in the state under its present name. "
            f"Record it first: `pulumi up --target {shlex.quote(parent)}{pulumi.options}`."
        )


def why_held(program: Program, urn: str, source_id: str, holder: str) -> str:
    """What is told of a source that the stack manages by the URN `holder`, and that is to become the one of `urn`."""
    held = f"The source {source_id} is managed by this stack already, as {holder}."
    if program.is_declared(holder):
        return f"{held} The program declares both: give {resource_name(urn)} another name, or the id of another source."
    # A name alone leads there only from beside it: not into a component, nor out of one.
    beside = holder.rpartition("::")[0] == urn.rpartition("::")[0]
    earlier = f'pulumi.Alias(name="{resource_name(holder)}")' if beside else f'"{holder}"'
    return f"{held} If that is the same resource under its earlier name, give it `aliases=[{earlier}]` in its options."


def other_sources(pulumi: Pulumi, connection: Connection, state: State, wanted: Wanted, source_id: str) -> list[str]:
    """The ids of sources that bear the name of an interrupted create of `wanted` and are not the one to be adopted.

    Raises:
        StackError: a killed run has certainly made one of them: with the mark it would be forgotten.
        StreamkapError: the API cannot be asked, or refuses.
    """
    if all(each.urn != wanted.urn for each in state.interrupted_creates()):
        return []
    planned = recovery.plan(state, pulumi.history(), connection, {wanted.urn})
    others = [step for step in planned.steps if step.source and step.source.id != source_id]
    for step in others:
        if step.made and step.source:
            raise StackError(
                f"A killed run has made another source for {wanted.resource_name}, {step.source.id} "
                f"({step.source.name}): `streamkap recover{pulumi.options}` brings that one in, or tells who else "
                "wants it. Or delete it in Streamkap, then adopt."
            )
    return [step.source.id for step in others if step.source]


def unmanaged(connection: Connection, state: State, connector: str) -> list[SourceConnector]:
    """The sources of a connector that the stack does not manage, by name (`GET /sources`).

    Raises:
        StreamkapError: the API cannot be asked, or refuses.
    """
    holders = state.holders()
    found = connection.context.api.sources.iterate(connector=connector)
    return sorted((each for each in found if each.id not in holders), key=lambda each: (each.name or "", each.id))


def _is_to_be_created(steps: Collection[str]) -> bool:
    """As new, or instead of one that the stack only looked at: just that is discarded, and not deleted."""
    return "create" in steps or {"create-replacement", "discard-replaced"} <= {*steps}


def _why_not_created(pulumi: Pulumi, program: Program, urn: str, state: State) -> str:
    name = resource_name(urn)
    replaced = state.replaced(urn)
    if replaced:
        return (
            f"{name} is in the middle of a replacement: {replaced} was deleted, and the run was ended before its "
            f"successor was recorded. `streamkap recover{pulumi.options}` brings in what was made."
        )
    seen = state.looked_at(urn)
    if seen:
        return f"The program only looks at {name} (`Source.get` of {seen}): declare it as a Source, then adopt it."
    managed = state.managed(urn)
    up = f" `pulumi up{pulumi.options}` would replace it." if "replace" in program.steps(urn) else ""
    if managed:
        return f"{name} is managed by this stack already: its source is {managed.get('id')}.{up}"
    # The state has it under a name that the program declares no more: an alias leads to it.
    holders = state.holders().items()
    earlier = [f"{each} ({resource_name(old)})" for each, old in holders if not program.is_declared(old)]
    told = f" Its source is {' or '.join(earlier)}." if earlier else ""
    return f"{name} is managed by this stack already, under an earlier name.{told}{up}"
