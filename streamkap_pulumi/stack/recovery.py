"""Repairs the state of a stack after a run was killed while it created objects.

The state shows what the run was creating: it keeps each interrupted create with all inputs. What was created is found,
compared, and recorded as its create would have recorded it. Only then is the mark of the interrupted create cleared, so
a recovery that is interrupted can be run again.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import groupby
from typing import Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.kinds import KINDS
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.lifecycle.creating import finish
from streamkap_pulumi.lifecycle.recovering import Match, PendingCreate, match
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, resource_name
from streamkap_pulumi.stack.commands import Pulumi, StackError
from streamkap_pulumi.stack.connection import Connection, demand_same_project
from streamkap_pulumi.stack.importing import Recording, forget_creates, record, take_place
from streamkap_pulumi.stack.state import Goal, State

_AT_A_TIME = 16


class Verdict(Enum):
    """What to do about an interrupted create."""

    BRING_IN = "bring in"
    FORGET = "forget"
    LEAVE = "leave alone"


@dataclass(frozen=True)
class Step:
    """An interrupted create, what to do about it, and why."""

    goal: Goal
    verdict: Verdict
    why: str
    live: Any = None
    """The object in Streamkap."""
    is_ours: bool = False
    """The killed run created it: it does not just have the same name. Of a kind that is not dated, as far as known."""
    replaces: bool = False
    """The state still holds the object that this one replaces, which is gone."""
    in_place: bool = False
    """Others depend on that one, so it cannot be taken out first: this one takes its place."""
    adoptable: bool = False
    """It is left alone, and `streamkap adopt` would bring it in."""


@dataclass(frozen=True)
class Plan:
    """What a recovery would do."""

    steps: Sequence[Step]
    root: str
    updating: Sequence[str] = ()
    deleting: Sequence[str] = ()
    others: Sequence[str] = field(default=())
    """Interrupted creates of other providers."""

    @classmethod
    def of(cls, state: State, steps: Sequence[Step]) -> Plan:
        """These steps, and what else was interrupted."""
        updating, deleting = state.interrupted("updating"), state.interrupted("deleting")
        return cls(steps, state.root or "", updating, deleting, state.other_creates())

    def having(self, *verdicts: Verdict) -> list[Step]:
        """The steps with one of `verdicts`."""
        return [step for step in self.steps if step.verdict in verdicts]


def plan(
    state: State, history: Sequence[dict[str, object]], connection: Connection, urns: Collection[str] | None = None
) -> Plan:
    """Find out what became of the interrupted creates. Waits for requests that may still be under way; changes nothing.

    Args:
        state: with the interrupted creates.
        history: the runs of the stack that ended in order.
        connection: the API as the stack's own runs reach it.
        urns: which of them. Default: all.

    Raises:
        WrongTenantError: the stack's own objects are recorded in another project, tenant or host: what was created
            would not be found.
        StreamkapError: the API cannot be reached, or refuses.
    """
    creates = [each for each in state.interrupted_creates() if urns is None or each.urn in urns]
    goals = sorted(creates, key=lambda each: each.urn)
    connection.api.redaction.learn(secret for each in goals for secret in each.declared.secrets())
    if goals:
        demand_same_project(connection, state)
    steps: list[Step] = []
    for kind in KINDS:
        its = [each for each in goals if each.kind is kind]
        pending = [PendingCreate(each.declared, connection.at_server(state.not_before(each, history))) for each in its]
        found = match(connection.context(kind), pending, state.holders(kind), connection.patience) if its else []
        for urn, group in groupby(zip(its, found, strict=True), key=lambda pair: pair[0].urn):
            steps += _steps(connection, state, urn, list(group))
    return Plan.of(state, _losing_nothing(state, list(_each_once(steps))))


def _steps(connection: Connection, state: State, urn: str, tries: list[tuple[Goal, Match]]) -> Iterator[Step]:
    """What to do about the attempts to create one resource; after two killed runs they may differ in name or config."""
    managed = state.managed(urn)
    kind = tries[0][0].kind
    noun = kind.noun
    ours = _ours(tries)
    others = _others(tries, [live.id for _, live in ours])
    if not ours and not others:
        not_created = "it was not created: the next `pulumi up` creates it"
        why = f"the stack manages it already ({managed.get('id')})" if managed else not_created
        yield Step(tries[0][0], Verdict.FORGET, why)
    already = f"the resource is another {noun} already ({managed.get('id')}), and " if managed else ""
    if managed is None and ours:
        goal, live = ours.pop(0)
        yield _bring_in(connection, state, goal, live)
        already = f"the resource is another {noun} already ({live.id}), and "
    for goal, live in ours:
        origin = _origin(kind, by="a")
        unless = "" if kind.is_dated else ", unless somebody else needs it"
        why = f"{origin}, but the resource is another {noun} already: delete this one in Streamkap{unless}"
        yield Step(goal, Verdict.LEAVE, why, live, is_ours=True)
    for goal, found in others:
        why = f"{already}the name is taken, {found.another}"
        yield Step(goal, Verdict.LEAVE, why, found.found, adoptable=not already)


def _origin(kind: Kind, by: str = "the") -> str:
    """Why an object counts as created by a killed run. One that is not dated may have been there before."""
    if kind.is_dated:
        return f"created by {by} killed run"
    *names, last = (each.name for each in kind.inputs if each.drifts)
    return f"age unknown; its {', '.join(names)} and {last} are those of the interrupted create"


def _others(tries: Sequence[tuple[Goal, Match]], ours: Collection[str]) -> list[tuple[Goal, Match]]:
    """Each object, once, that has the name of an attempt and may be somebody else's; none of `ours`."""
    others: dict[str, tuple[Goal, Match]] = {}
    for goal, found in tries:
        if found.found and found.another and found.found.id not in ours:
            others.setdefault(found.found.id, (goal, found))
    return list(others.values())


def _ours(tries: Sequence[tuple[Goal, Match]]) -> list[tuple[Goal, Any]]:
    """Each object that a killed run created, with what the latest run declared of it; the latest comes first."""
    ours: dict[str, tuple[Goal, Any]] = {}
    for goal, found in tries:
        if found.ours:
            ours.setdefault(found.ours.id, (goal, found.ours))
    return list(ours.values())


def _bring_in(connection: Connection, state: State, goal: Goal, live: Any) -> Step:
    origin = _origin(goal.kind)
    replaced = state.replaced(goal.urn)
    if replaced and not _is_gone(connection, goal, replaced):
        why = f"{origin}, but {replaced}, which it replaces, still exists: wait, and try again"
        return Step(goal, Verdict.LEAVE, why, live, is_ours=True)
    parent = goal.parent
    if parent and f"::{STACK_TYPE}::" not in parent and all(each["urn"] != parent for each in state.resources):
        why = f"{origin}, but its parent {resource_name(parent)} is not in the state"
        return Step(goal, Verdict.LEAVE, why, live, is_ours=True, adoptable=not replaced)
    in_place = replaced is not None and state.must_stay(goal.urn)
    return Step(goal, Verdict.BRING_IN, origin, live, is_ours=True, replaces=replaced is not None, in_place=in_place)


def _each_once(steps: Sequence[Step]) -> Iterator[Step]:
    """`steps`, with an object brought in for at most one resource: one that several resources need is left alone."""
    claims: dict[str, list[str]] = {}
    coming: dict[str, str] = {}
    for step in steps:
        if step.live and step.is_ours:
            claims.setdefault(step.live.id, []).append(step.goal.urn)
        if step.live and step.verdict is Verdict.BRING_IN:
            coming[step.live.id] = step.goal.urn
    for step in steps:
        object_id = step.live.id if step.live else ""
        others = [resource_name(urn) for urn in claims.get(object_id, ()) if urn != step.goal.urn]
        if not others:
            yield step
        elif step.is_ours:
            have = "has" if len(others) == 1 else "have"
            why = (
                f"{_origin(step.goal.kind)}, but {', '.join(others)} {have} the same name "
                f"{step.goal.declared.name!r} in the program: let one of them keep it, and rename the rest"
            )
            adoptable = step.adoptable or (step.verdict is Verdict.BRING_IN and not step.replaces)
            yield Step(step.goal, Verdict.LEAVE, why, step.live, is_ours=True, adoptable=adoptable)
        elif len(others) == 1 and object_id in coming:
            name = resource_name(coming[object_id])
            why = f"{object_id} has the same name and comes in as {name}: give one of the two another name"
            yield replace(step, why=why, adoptable=False)
        else:
            yield step


def _losing_nothing(state: State, steps: Sequence[Step]) -> list[Step]:
    """`steps`, with an object put in another's place only if Pulumi then forgets no other interrupted create."""
    kept = [*state.other_creates(), *(step.goal.urn for step in steps if step.verdict is Verdict.LEAVE)]
    if not kept:
        return list(steps)
    why = (
        "created by the killed run, but other resources depend on the one it replaces. Swapping it in "
        f"would make Pulumi forget the interrupted creates of {', '.join(map(resource_name, dict.fromkeys(kept)))}: "
        "resolve those first, then recover again"
    )
    return [replace(step, verdict=Verdict.LEAVE, why=why) if step.in_place else step for step in steps]


def _is_gone(connection: Connection, goal: Goal, object_id: str) -> bool:
    try:
        goal.kind.client(connection.api).get(object_id, secret_returned=False)
    except NotFoundError:
        return True
    return False


def carry_out(pulumi: Pulumi, connection: Connection, planned: Plan) -> None:
    """Carry out the plan: wait for the objects as their create would have, record them, clear the interrupted creates.

    Raises:
        StackError: `pulumi` failed. What is recorded already stays recorded, and another recovery goes on from there.
        StackLockedError: the stack is locked; nothing was done.
    """
    incoming = planned.having(Verdict.BRING_IN)
    forgotten = [step.goal.urn for step in planned.having(Verdict.FORGET)]
    # Also with nothing to clear: a locked stack is reported before the long wait.
    pulumi.clear_pending_creates(forgotten, planned.root)
    forget_creates(pulumi, forgotten)
    recordings = _recordings(connection, incoming)
    for step in incoming:
        if step.replaces and not step.in_place:
            pulumi.forget(step.goal.urn)
    in_place = {step.goal.urn for step in incoming if step.in_place}
    record(pulumi, [each for each in recordings if each.goal.urn not in in_place])
    left = {step.goal.urn for step in planned.having(Verdict.LEAVE)}
    brought = [step.goal.urn for step in incoming if step.goal.urn not in left]
    forget_creates(pulumi, [urn for urn in brought if urn not in in_place])
    take_place(pulumi, [each for each in recordings if each.goal.urn in in_place])
    _check(pulumi, recordings, [*forgotten, *brought])


def _recordings(connection: Connection, incoming: Sequence[Step]) -> list[Recording]:
    """What to record of the objects, once they are ready. An interrupt ends the wait at once."""
    stopped = threading.Event()

    def sleep(seconds: float) -> None:
        if stopped.wait(seconds):
            raise InterruptedError

    contexts = {kind.noun: replace(connection.context(kind), sleep=sleep) for kind in KINDS}

    def recording(step: Step) -> Recording:
        return Recording(step.goal, step.live.id, finish(contexts[step.goal.kind.noun], step.goal.declared, step.live))

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        try:
            return list(pool.map(recording, incoming))
        except BaseException:
            stopped.set()
            raise


def _check(pulumi: Pulumi, recordings: Sequence[Recording], cleared: Sequence[str]) -> None:
    state = State(pulumi.export())
    lost = [each.goal.urn for each in recordings if state.holders(each.goal.kind).get(each.object_id) != each.goal.urn]
    kept = {each.urn for each in state.interrupted_creates()} & set(cleared)
    if lost or kept:
        raise StackError(
            f"`pulumi` reported success, but the state does not show it for {', '.join(sorted({*lost, *kept}))}. "
            f"Run `streamkap recover{pulumi.options}` again."
        )
