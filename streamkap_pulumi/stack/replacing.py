"""Puts a source into the place of the one that it replaces, where other resources stand on that one.

`pulumi state delete` refuses what others depend on. So the state is taken out, changed in that place and put back: by
`pulumi stack export` and `pulumi stack import`, through pipes, since it holds secrets. An import forgets everything
that was interrupted. It comes last, and only where it forgets no create but those that it brings in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from streamkap_pulumi.pulumi_cli.words import resource_name
from streamkap_pulumi.stack.importing import Recording, recorded_as
from streamkap_pulumi.stack.program import Pulumi, StackError
from streamkap_pulumi.stack.state import State

_OF_THE_OLD_ONE = ("pendingReplacement", "importID", "initErrors", "created", "modified", "protect")
"""What is known of the old source only."""


def lost_by_import(state: State, brought_in: Sequence[str]) -> list[str]:
    """The URNs of the interrupted creates, of any provider, that an import would forget beside those `brought_in`."""
    creates = [*state.interrupted("creating"), *state.others_interrupted()]
    return [urn for urn in creates if urn not in brought_in]


def take_place(pulumi: Pulumi, recordings: Sequence[Recording]) -> None:
    """Record the sources in the places of those that they replace, with one import.

    An import takes the whole state, and holds the lock only by itself. So no run may be at work before it, and none may
    have changed the state since it was taken out. One that begins and ends within the moment that is left is not seen.

    Raises:
        StackError: `pulumi` failed, or another run has changed the stack meanwhile. Nothing was done.
        StackLockedError: another run is at work. Nothing was done.
    """
    if not recordings:
        return
    new = {each.wanted.urn: each for each in recordings}
    again = f"Run `streamkap recover{pulumi.options}` again."
    whole = pulumi.exported()
    state = State(whole.get("deployment") or {})
    lost = lost_by_import(state, list(new))
    if lost:
        raise StackError(f"Another create was interrupted meanwhile, of {', '.join(map(resource_name, lost))}. {again}")
    resources = [
        _new_in_place_of(each, new[each["urn"]]) if each["urn"] in new and each.get("pendingReplacement") else each
        for each in state.resources
    ]
    # Clears nothing: it needs the lock.
    pulumi.clear_pending_creates([], state.root or "")
    now = State(pulumi.exported().get("deployment") or {})
    if _told(now) != _told(state) or not all(map(now.replaced, new)):
        raise StackError(f"The stack was changed meanwhile. {again}")
    pulumi.import_stack(json.dumps({**whole, "deployment": {**state.deployment, "resources": resources}}))


def _told(state: State) -> tuple[object, ...]:
    """What a run may have changed; of when the state was written last, nothing."""
    return state.resources, state.deployment.get("pending_operations") or []


def _new_in_place_of(old: Mapping[str, Any], recording: Recording) -> dict[str, Any]:
    """The old one's place in the order and what it stands on; the next `up` renews the latter."""
    wanted = recording.wanted
    kept = {key: value for key, value in old.items() if key not in _OF_THE_OLD_ONE}
    provider = {"provider": wanted.provider} if wanted.provider else {}
    return {**kept, **recorded_as(recording), **provider, **({"protect": True} if wanted.protect else {})}
