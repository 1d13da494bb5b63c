"""Brings the state of a stack back in step after a run was killed while it made sources.

The state itself proves what the run was making: it keeps each interrupted create with its whole inputs. What was made
is found by its name, judged, recorded as its create would have recorded it, and only then forgotten as interrupted: so
whatever ends a recovery half-way, the next one goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import groupby

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.lifecycle.creating import finish
from streamkap_pulumi.lifecycle.recovering import Found, Sought, find
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.importing import Recording, record
from streamkap_pulumi.stack.program import Pulumi, StackError
from streamkap_pulumi.stack.state import State, Wanted

_AT_A_TIME = 16
_MOST_KILLS = 100
"""Interrupted creates of one URN that are cleared at most."""


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
    replaces: bool = False
    """The state still holds the source that this one replaces, which is gone."""


@dataclass(frozen=True)
class Plan:
    """What a recovery would do."""

    steps: Sequence[Step]
    root: str
    updating: Sequence[str] = ()
    deleting: Sequence[str] = ()
    others: Sequence[str] = field(default=())
    """Interrupted creates of other providers."""

    def having(self, *verdicts: Verdict) -> list[Step]:
        """The steps with one of `verdicts`."""
        return [step for step in self.steps if step.verdict in verdicts]


def plan(state: State, history: Sequence[dict[str, object]], connection: Connection) -> Plan:
    """Find out what became of the interrupted creates. Waits for requests that may still be under way; changes nothing.

    Raises:
        StreamkapError: the API cannot be asked, or refuses.
    """
    wanted = sorted(state.interrupted_creates(), key=lambda each: each.urn)
    sought = [Sought(each.declared, connection.at_server(state.not_before(each, history))) for each in wanted]
    found = find(connection.context, sought, state.holders(), connection.patience) if sought else []
    steps: list[Step] = []
    for urn, group in groupby(zip(wanted, found, strict=True), key=lambda pair: pair[0].urn):
        steps += _steps(connection, state, urn, list(group))
    return Plan(
        steps,
        state.root or "",
        state.interrupted("updating"),
        state.interrupted("deleting"),
        state.others_interrupted(),
    )


def _steps(connection: Connection, state: State, urn: str, tries: list[tuple[Wanted, Found]]) -> Iterator[Step]:
    """What to do about the tries to make one resource; after two killed runs they may differ in name or config."""
    managed = state.managed(urn)
    made = list({found.ours.id: (wanted, found.ours) for wanted, found in tries if found.ours}.values())
    if managed is None and made:
        wanted, source = made.pop(0)
        replaced = state.replaced(urn)
        if replaced and not _is_gone(connection, replaced):
            yield Step(wanted, Verdict.LEAVE, f"{replaced}, which it replaces, is still there: wait, and try again")
        else:
            yield Step(wanted, Verdict.BRING_IN, "made by the killed run", source, replaces=bool(replaced))
    elif not made:
        others = [(wanted, found) for wanted, found in tries if found.another]
        if managed is not None:
            yield Step(tries[0][0], Verdict.FORGET, f"the stack manages it already ({managed.get('id')})")
        elif others:
            wanted, found = others[0]
            yield Step(wanted, Verdict.LEAVE, f"the name is taken, {found.another}", found.source)
        else:
            yield Step(tries[0][0], Verdict.FORGET, "it was not made: the next `pulumi up` makes it")
    for wanted, source in made:
        why = "made by a killed run, and the resource is another source already: delete this one in Streamkap"
        yield Step(wanted, Verdict.LEAVE, why, source)


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
    _clear_repeated(pulumi, forgotten, planned.root)
    recordings = _settled(connection, incoming)
    for step in incoming:
        if step.replaces:
            pulumi.forget(step.wanted.urn)
    record(pulumi, recordings)
    left = {step.wanted.urn for step in planned.having(Verdict.LEAVE)}
    brought = [step.wanted.urn for step in incoming if step.wanted.urn not in left]
    _clear_repeated(pulumi, brought, planned.root)
    _verify(State(pulumi.export()), recordings, [*forgotten, *brought])


def _clear_repeated(pulumi: Pulumi, urns: Sequence[str], root: str) -> None:
    """Forget the interrupted creates of `urns`: after two killed runs there are two of a URN, cleared one at a time."""
    for _ in range(_MOST_KILLS):
        pending = State(pulumi.export()).interrupted("creating")
        repeated = [urn for urn in urns if urn in pending]
        if not repeated:
            return
        pulumi.clear_pending_creates(repeated, root)


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


def _verify(state: State, recordings: Sequence[Recording], cleared: Sequence[str]) -> None:
    holders = state.holders()
    lost = [each.wanted.urn for each in recordings if holders.get(each.source_id) != each.wanted.urn]
    kept = {each.urn for each in state.interrupted_creates()} & set(cleared)
    if lost or kept:
        raise StackError(
            f"`pulumi` reported success, and the state does not show it for {', '.join(sorted({*lost, *kept}))}. "
            "Run `streamkap recover` again."
        )
