"""Brings the state of a stack back in step after a run was killed while it made sources.

The state itself proves what the run was making: it keeps each interrupted create with its whole inputs. What was made
is found by its name, judged, recorded as its create would have recorded it, and only then forgotten as interrupted: so
whatever ends a recovery half-way, the next one goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import groupby

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.lifecycle.creating import finish
from streamkap_pulumi.lifecycle.recovering import Match, PendingCreate, match
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, resource_name
from streamkap_pulumi.stack.clearing import forget_creates
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.importing import Recording, record
from streamkap_pulumi.stack.program import Pulumi, StackError
from streamkap_pulumi.stack.replacing import take_place
from streamkap_pulumi.stack.state import State, Wanted
from streamkap_pulumi.stack.tenancy import demand_same_project

_AT_A_TIME = 16


class Verdict(Enum):
    """What is to be done about an interrupted create."""

    BRING_IN = "bring in"
    FORGET = "forget"
    LEAVE = "leave alone"


@dataclass(frozen=True)
class Step:
    """An interrupted create, what is to be done about it, and why."""

    wanted: Wanted
    verdict: Verdict
    why: str
    source: SourceConnector | None = None
    made: bool = False
    """The source is the one that the killed run was making, and not just one of its name."""
    replaces: bool = False
    """The state still holds the source that this one replaces, which is gone."""
    in_place: bool = False
    """Others stand on that one, so that it cannot be taken out first: this one takes its place."""
    adoptable: bool = False
    """Left alone, and `streamkap adopt` would bring it in."""


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
        """The steps, and what else was interrupted."""
        updating, deleting = state.interrupted("updating"), state.interrupted("deleting")
        return cls(steps, state.root or "", updating, deleting, state.others_interrupted())

    def having(self, *verdicts: Verdict) -> list[Step]:
        """The steps with one of `verdicts`."""
        return [step for step in self.steps if step.verdict in verdicts]


def plan(
    state: State, history: Sequence[dict[str, object]], connection: Connection, urns: Collection[str] | None = None
) -> Plan:
    """Find out what became of the interrupted creates. Waits for requests that may still be under way; changes nothing.

    Args:
        state: with the interrupted creates.
        history: the runs of the stack that were ended in order.
        connection: the API as the stack's own runs reach it.
        urns: those to look for. Left out: all.

    Raises:
        WrongTenantError: the stack's own sources are recorded in another project, tenant or host: what was made would
            not be seen.
        StreamkapError: the API cannot be asked, or refuses.
    """
    creates = [each for each in state.interrupted_creates() if urns is None or each.urn in urns]
    wanted = sorted(creates, key=lambda each: each.urn)
    connection.context.redaction.learn(secret for each in wanted for secret in each.declared.secrets())
    sought = [PendingCreate(each.declared, connection.at_server(state.not_before(each, history))) for each in wanted]
    if sought:
        demand_same_project(connection.context, state)
    found = match(connection.context, sought, state.holders(), connection.patience) if sought else []
    steps: list[Step] = []
    for urn, group in groupby(zip(wanted, found, strict=True), key=lambda pair: pair[0].urn):
        steps += _steps(connection, state, urn, list(group))
    return Plan.of(state, _losing_nothing(state, list(_each_once(steps))))


def _steps(connection: Connection, state: State, urn: str, tries: list[tuple[Wanted, Match]]) -> Iterator[Step]:
    """What to do about the tries to make one resource; after two killed runs they may differ in name or config."""
    managed = state.managed(urn)
    made = _made(tries)
    others = _others(tries, [source.id for _, source in made])
    if not made and not others:
        unmade = "it was not made: the next `pulumi up` makes it"
        why = f"the stack manages it already ({managed.get('id')})" if managed else unmade
        yield Step(tries[0][0], Verdict.FORGET, why)
    already = f"the resource is another source already ({managed.get('id')}), and " if managed else ""
    if managed is None and made:
        wanted, source = made.pop(0)
        yield _bring_in(connection, state, wanted, source)
        already = f"the resource is another source already ({source.id}), and "
    for wanted, source in made:
        why = "made by a killed run, and the resource is another source already: delete this one in Streamkap"
        yield Step(wanted, Verdict.LEAVE, why, source, made=True)
    for wanted, found in others:
        why = f"{already}the name is taken, {found.another}"
        yield Step(wanted, Verdict.LEAVE, why, found.found, adoptable=not already)


def _others(tries: Sequence[tuple[Wanted, Match]], made: Collection[str]) -> list[tuple[Wanted, Match]]:
    """Each source that bears the name of a try and may be of somebody else, once, but those that were `made`."""
    others: dict[str, tuple[Wanted, Match]] = {}
    for wanted, found in tries:
        if found.found and found.another and found.found.id not in made:
            others.setdefault(found.found.id, (wanted, found))
    return list(others.values())


def _made(tries: Sequence[tuple[Wanted, Match]]) -> list[tuple[Wanted, SourceConnector]]:
    """Each source that was made, with what the latest run declared of it; the latest comes first."""
    made: dict[str, tuple[Wanted, SourceConnector]] = {}
    for wanted, found in tries:
        if found.ours:
            made.setdefault(found.ours.id, (wanted, found.ours))
    return list(made.values())


def _bring_in(connection: Connection, state: State, wanted: Wanted, source: SourceConnector) -> Step:
    replaced = state.replaced(wanted.urn)
    if replaced and not _is_gone(connection, replaced):
        why = f"made by the killed run, but {replaced}, which it replaces, is still there: wait, and try again"
        return Step(wanted, Verdict.LEAVE, why, source, made=True)
    parent = wanted.parent
    if parent and f"::{STACK_TYPE}::" not in parent and all(each["urn"] != parent for each in state.resources):
        why = f"made by the killed run, but its parent {resource_name(parent)} is not in the state"
        return Step(wanted, Verdict.LEAVE, why, source, made=True, adoptable=not replaced)
    bring_in = Step(wanted, Verdict.BRING_IN, "made by the killed run", source, made=True, replaces=bool(replaced))
    return replace(bring_in, in_place=bring_in.replaces and state.has_to_stay(wanted.urn))


def _each_once(steps: Sequence[Step]) -> Iterator[Step]:
    """`steps`, where a source comes in for one resource at most: what killed runs made for several is left alone."""
    wanting: dict[str, list[str]] = {}
    coming: dict[str, str] = {}
    for step in steps:
        if step.source and step.made:
            wanting.setdefault(step.source.id, []).append(step.wanted.urn)
        if step.source and step.verdict is Verdict.BRING_IN:
            coming[step.source.id] = step.wanted.urn
    for step in steps:
        source_id = step.source.id if step.source else ""
        others = [resource_name(urn) for urn in wanting.get(source_id, ()) if urn != step.wanted.urn]
        if not others:
            yield step
        elif step.made:
            want = "wants" if len(others) == 1 else "want"
            why = (
                f"made by the killed run, and {', '.join(others)} {want} the same name {step.wanted.declared.name!r}: "
                "let one of them keep it, and give another name in the program to the rest"
            )
            adoptable = step.adoptable or (step.verdict is Verdict.BRING_IN and not step.replaces)
            yield Step(step.wanted, Verdict.LEAVE, why, step.source, made=True, adoptable=adoptable)
        elif len(others) == 1 and source_id in coming:
            name = resource_name(coming[source_id])
            why = f"its name is that of {source_id}, which comes in as {name}: give one of both another name"
            yield replace(step, why=why, adoptable=False)
        else:
            yield step


def _losing_nothing(state: State, steps: Sequence[Step]) -> list[Step]:
    """`steps`, where a source comes into the place of another one only if that makes no other create forgotten."""
    kept = [*state.others_interrupted(), *(step.wanted.urn for step in steps if step.verdict is Verdict.LEAVE)]
    if not kept:
        return list(steps)
    why = (
        "made by the killed run, but others depend on the one that it replaces, and to put it in that one's place "
        f"would make Pulumi forget the interrupted creates of {', '.join(map(resource_name, dict.fromkeys(kept)))}: "
        "see to those first, then recover again"
    )
    return [replace(step, verdict=Verdict.LEAVE, why=why) if step.in_place else step for step in steps]


def _is_gone(connection: Connection, source_id: str) -> bool:
    try:
        connection.context.api.sources.get(source_id, secret_returned=False)
    except NotFoundError:
        return True
    return False


def carry_out(pulumi: Pulumi, connection: Connection, planned: Plan) -> None:
    """Do what is planned: wait for the sources as their create would have, record them, forget what was interrupted.

    Raises:
        StackError: `pulumi` failed. What is recorded already stays so, and a further recovery goes on from there.
        StackLockedError: the stack is locked; nothing was done.
    """
    incoming = planned.having(Verdict.BRING_IN)
    forgotten = [step.wanted.urn for step in planned.having(Verdict.FORGET)]
    # Also with nothing to forget: a stack that is locked is told before the long wait.
    pulumi.clear_pending_creates(forgotten, planned.root)
    forget_creates(pulumi, forgotten)
    recordings = _settled(connection, incoming)
    for step in incoming:
        if step.replaces and not step.in_place:
            pulumi.forget(step.wanted.urn)
    in_place = {step.wanted.urn for step in incoming if step.in_place}
    record(pulumi, [each for each in recordings if each.wanted.urn not in in_place])
    left = {step.wanted.urn for step in planned.having(Verdict.LEAVE)}
    brought = [step.wanted.urn for step in incoming if step.wanted.urn not in left]
    forget_creates(pulumi, [urn for urn in brought if urn not in in_place])
    take_place(pulumi, [each for each in recordings if each.wanted.urn in in_place])
    _verify(pulumi, recordings, [*forgotten, *brought])


def _settled(connection: Connection, incoming: Sequence[Step]) -> list[Recording]:
    """What is to be recorded of the sources, once they have settled. Who interrupts it does not wait for them."""
    stopped = threading.Event()

    def sleep(seconds: float) -> None:
        if stopped.wait(seconds):
            raise InterruptedError

    context = replace(connection.context, sleep=sleep)

    def recording(step: Step) -> Recording:
        assert step.source is not None  # noqa: S101 - by its verdict
        return Recording(step.wanted, step.source.id, finish(context, step.wanted.declared, step.source))

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        try:
            return list(pool.map(recording, incoming))
        except BaseException:
            stopped.set()
            raise


def _verify(pulumi: Pulumi, recordings: Sequence[Recording], cleared: Sequence[str]) -> None:
    state = State(pulumi.export())
    holders = state.holders()
    lost = [each.wanted.urn for each in recordings if holders.get(each.source_id) != each.wanted.urn]
    kept = {each.urn for each in state.interrupted_creates()} & set(cleared)
    if lost or kept:
        raise StackError(
            f"`pulumi` reported success, and the state does not show it for {', '.join(sorted({*lost, *kept}))}. "
            f"Run `streamkap recover{pulumi.options}` again."
        )
