"""``streamkap adopt``: lets a program manage an object that exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from streamkap_pulumi.cli.exit_codes import Exit, FailedError, UsageError
from streamkap_pulumi.cli.output import Page, json_page, note

if TYPE_CHECKING:
    from streamkap_pulumi.lifecycle.adopting import Adoption
    from streamkap_pulumi.stack.commands import Pulumi
    from streamkap_pulumi.stack.connection import Connection
    from streamkap_pulumi.stack.planned import Program
    from streamkap_pulumi.stack.state import Goal, State

_MOST_CHOICES: Final = 20

EXAMPLES = """\
Examples:
  streamkap adopt orders                        the one with the name that the program gives it
  streamkap adopt orders 64a1b2c3d4e5f6a7b8c9d0e1
                                                the object with that id
  streamkap adopt orders --stack prod --yes     another stack, and without asking
  streamkap adopt orders --json                 what it would do, for programs"""


def adopt(
    resource: Annotated[str, Parameter(help="The resource in the program: its name, or its URN.")],
    id: Annotated[str | None, Parameter(help="The object's id in Streamkap. Default: it is found by its name.")] = None,
    /,
    *,
    stack: Annotated[str | None, Parameter(help="The stack. Default: the selected one.")] = None,
    cwd: Annotated[str, Parameter(show_default=False, help="The project's folder. Default: this one.")] = ".",
    yes: Annotated[bool, Parameter(negative=(), show_default=False, help="Do it without asking.")] = False,
    as_json: Annotated[
        bool, Parameter("--json", negative=(), show_default=False, help="Print JSON, and do not ask: --yes confirms.")
    ] = False,
) -> Page:
    """Let the program manage a source, destination or tag that exists in Streamkap.

    It may have been created in the web app, by Terraform, or by a run whose state is
    lost. The program declares it already; the object itself is not changed. If it
    differs from what is declared, the next preview shows what an up would change.
    """
    # Late: the other commands need neither a client nor a stack.
    from streamkap_pulumi.cli import confirming  # noqa: PLC0415
    from streamkap_pulumi.lifecycle.adopting import NoneFoundError, adoption  # noqa: PLC0415
    from streamkap_pulumi.stack import adoptable  # noqa: PLC0415
    from streamkap_pulumi.stack.commands import Pulumi  # noqa: PLC0415
    from streamkap_pulumi.stack.connection import connected  # noqa: PLC0415
    from streamkap_pulumi.stack.importing import Recording, forget_creates, record  # noqa: PLC0415
    from streamkap_pulumi.stack.planned import Program  # noqa: PLC0415
    from streamkap_pulumi.stack.state import State  # noqa: PLC0415

    pulumi = Pulumi(Path(cwd), stack)
    with confirming.readable_errors():
        pulumi.demand_imports()
    with (
        confirming.readable_errors() as redaction,
        connected(pulumi, note, redaction) as connection,
    ):
        state, program = State(pulumi.export()), Program(pulumi.plan())
        goal = _goal(pulumi, program, resource, state)
        try:
            found = adoption(connection.context(goal.kind), goal.declared, id)
        except NoneFoundError as error:
            raise _none_found(pulumi, connection, state, goal, None if id is None else str(error)) from None
        holder = state.holders(goal.kind).get(found.live.id)
        if holder:
            raise FailedError(adoptable.why_held(program, goal, found.live.id, holder))
        others = adoptable.other_objects(pulumi, connection, state, goal, found.live.id)
        if as_json and not yes:
            return json_page(_as_json(goal, found, others, done=False), Exit.NOT_CONFIRMED)
        if not as_json:
            confirming.show(_plan(goal, found))
        if not confirming.confirmed("Do it?", yes=yes):
            return confirming.declined()
        recording = Recording(goal, found.live.id, found.outputs, found.recorded.inputs())
        record(pulumi, [recording], program.new_parents(goal.urn))
        page = Page()
        page.line("Done.", "green")
        if not others:
            forget_creates(pulumi, [goal.urn])
        if as_json:
            return json_page(_as_json(goal, found, others, done=True))
        if others:
            page.line(
                f"A create of {goal.resource_name} stays interrupted: its name is that of another {goal.kind.noun}, "
                f"{', '.join(others)}. `streamkap recover{pulumi.options}` says what to do.",
                "yellow",
            )
        confirming.add_preview(page, pulumi, {goal.urn})
        return page


def _none_found(pulumi: Pulumi, connection: Connection, state: State, goal: Goal, why: str | None) -> FailedError:
    """Why none was found (`why`, or the name that no object has), and the objects that could be meant."""
    from streamkap_pulumi.api import StreamkapError  # noqa: PLC0415
    from streamkap_pulumi.stack import adoptable  # noqa: PLC0415

    resource, declared, noun = goal.resource_name, goal.declared, goal.kind.noun
    if why is None and re.fullmatch(rf"{re.escape(resource)}-[0-9a-f]{{7}}", declared.name):
        why = f"The program gives {resource} no name, and no {noun} has its default name."
    elif why is None:
        why = f"The program gives {resource} the name {declared.name!r}, and no {noun} has it."
    command = f"streamkap adopt {shlex.quote(resource)}"
    try:
        found = adoptable.unmanaged(connection, state, goal)
    except StreamkapError:
        return FailedError(f"{why} Give the id of the {noun} as well: `{command} ID{pulumi.options}`.")
    sort = f"{declared.connector} {noun}".lstrip()
    if not found:
        return FailedError(
            f"{why} Nor does the project of these credentials have any {sort} that this stack "
            f"does not manage. Use the credentials of the project that the {noun} belongs to."
        )
    one = found[0].id if len(found) == 1 else "ID"
    more = [f"… and {len(found) - _MOST_CHOICES} more"] if len(found) > _MOST_CHOICES else []
    return FailedError(
        f"{why} Give the id of the {noun} as well: `{command} {one}{pulumi.options}`. The {sort}s "
        "that this stack does not manage:",
        [*(f"{each.id}  {each.name}" for each in found[:_MOST_CHOICES]), *more],
    )


def _plan(goal: Goal, found: Adoption) -> Page:
    from streamkap_pulumi.stack import adoptable  # noqa: PLC0415

    page = Page()
    facts = adoptable.described(goal.kind, found.live)
    page.line(f"{goal.resource_name} takes over {found.live.name!r} ({facts}).")
    if found.differing:
        page.line(f"It differs from what is declared: {', '.join(found.differing)}. Nothing is changed now.")
    return page


def _as_json(goal: Goal, found: Adoption, others: Sequence[str], *, done: bool) -> dict[str, object]:
    return {
        "done": done,
        "kind": goal.kind.noun,
        "urn": goal.urn,
        "id": found.live.id,
        "name": found.live.name,
        "connector": goal.declared.connector or None,
        "differing": list(found.differing),
        "others": list(others),
    }


def _goal(pulumi: Pulumi, program: Program, name: str, state: State) -> Goal:
    """The resource that `name` means, which the stack does not manage yet."""
    from streamkap_pulumi.stack import adoptable  # noqa: PLC0415
    from streamkap_pulumi.stack.planned import unknown_inputs  # noqa: PLC0415

    urns = program.matching(name)
    if not urns:
        declared = ", ".join(f"{each.resource_name} ({each.kind.noun})" for each in map(program.goal, program.urns()))
        raise UsageError(
            f"The program declares no resource {name!r} of Streamkap. It declares {declared or 'none at all'}."
        )
    if len(urns) > 1:
        # Resources of different kinds may have one name: the command that an error gives means the one to create.
        urns = [urn for urn in urns if adoptable.would_be_created(program, urn, state)] or urns
    if len(urns) > 1:
        ways = " or ".join(map(shlex.quote, urns))
        raise UsageError(f"{name!r} is the name of several resources; write one of the URNs {ways}.")
    (urn,) = urns
    adoptable.check(pulumi, program, urn, state)
    goal = program.goal(urn)
    unknown = unknown_inputs(goal.inputs)
    if unknown:
        raise FailedError(
            f"{', '.join(unknown)} of {name} cannot be known before other resources have been created. "
            f"Run `pulumi up{pulumi.options}` for those first (--target), then adopt."
        )
    return goal
