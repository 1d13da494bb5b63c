"""``streamkap recover``: brings in what a killed `pulumi up` created."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from streamkap_pulumi.cli.exit_codes import Exit
from streamkap_pulumi.cli.output import Page, columns, grid, json_page, note

if TYPE_CHECKING:
    from streamkap_pulumi.stack.commands import Pulumi
    from streamkap_pulumi.stack.recovery import Plan, Step

EXAMPLES = """\
Examples:
  streamkap recover                             shows what it will do, and asks
  streamkap recover --stack prod --cwd infra    another stack, another folder
  streamkap recover --yes --cancel              in CI, where no other run can be active
  streamkap recover --json                      what it would do, for programs"""


def recover(
    *,
    stack: Annotated[str | None, Parameter(help="The stack. Default: the selected one.")] = None,
    cwd: Annotated[str, Parameter(show_default=False, help="The project's folder. Default: this one.")] = ".",
    yes: Annotated[bool, Parameter(negative=(), show_default=False, help="Do it without asking.")] = False,
    cancel: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="Remove the stack's lock first, as pulumi cancel does."),
    ] = False,
    as_json: Annotated[
        bool, Parameter("--json", negative=(), show_default=False, help="Print JSON, and do not ask: --yes confirms.")
    ] = False,
) -> Page:
    """Bring in what a killed pulumi up was creating.

    The stack's own state lists it. Each object is searched for in Streamkap. One that
    was created goes into the state; one that was not is forgotten, so that the next
    pulumi up creates it. Any other object is left alone. One that is not found at
    once is searched for as long as a call may take (a minute).
    """
    # Late: the other commands need neither a client nor a stack.
    from streamkap_pulumi.cli import confirming  # noqa: PLC0415
    from streamkap_pulumi.stack import recovery  # noqa: PLC0415
    from streamkap_pulumi.stack.commands import Pulumi  # noqa: PLC0415
    from streamkap_pulumi.stack.connection import connected  # noqa: PLC0415
    from streamkap_pulumi.stack.state import State  # noqa: PLC0415

    pulumi = Pulumi(Path(cwd), stack)
    with confirming.readable_errors() as redaction:
        pulumi.demand_imports()
        if cancel and (yes or not as_json):
            if not confirming.confirmed("Remove the stack's lock? A run that is active then fails.", yes=yes):
                return confirming.declined()
            pulumi.cancel()
        state = State(pulumi.export())
        if not state.interrupted_creates():
            nothing = recovery.Plan.of(state, [])
            return json_page(_as_json(nothing, "", done=False)) if as_json else _nothing_to_do(nothing, pulumi.options)
        with connected(pulumi, note, redaction) as connection:
            planned = recovery.plan(state, pulumi.history(), connection)
            if not as_json:
                confirming.show(_page(planned, pulumi.options))
            changing = planned.having(recovery.Verdict.BRING_IN, recovery.Verdict.FORGET)
            if changing:
                if as_json and not yes:
                    return json_page(_as_json(planned, pulumi.options, done=False), Exit.NOT_CONFIRMED)
                if not confirming.confirmed("Do it?", yes=yes):
                    return confirming.declined()
                recovery.carry_out(pulumi, connection, planned)
        code = Exit.LEFT_ALONE if planned.having(recovery.Verdict.LEAVE) else Exit.DONE
        if as_json:
            return json_page(_as_json(planned, pulumi.options, done=bool(changing)), code)
        return _outcome(pulumi, planned, code)


def _outcome(pulumi: Pulumi, planned: Plan, code: Exit) -> Page:
    """What was done, a summary of a preview, and what was left alone."""
    from streamkap_pulumi.cli import confirming  # noqa: PLC0415
    from streamkap_pulumi.stack.recovery import Verdict  # noqa: PLC0415

    page = Page(code=code)
    brought = {step.goal.urn for step in planned.having(Verdict.BRING_IN)}
    if brought or planned.having(Verdict.FORGET):
        page.line("Done.", "green")
        confirming.add_preview(page, pulumi, brought)
    if brought and not planned.root:
        destroy = f"`pulumi destroy{pulumi.options}`"
        page.line(f"The stack had been destroyed: if nobody needs what came in, {destroy} deletes it.", "bold")
    left = planned.having(Verdict.LEAVE)
    for step in left:
        page.line(left_alone(step, pulumi.options), "yellow")
    if left:
        page.line(end_of_marks(planned.others, pulumi.options))
    return page


def end_of_marks(others: Sequence[str], options: str) -> str:
    """How to end an interrupted create that was left alone."""
    named = f" ({', '.join(others)})" if others else ""
    return (
        "What was left alone stays an interrupted create, which the next `streamkap recover` checks again. To end "
        f"that without bringing anything in: `pulumi refresh --clear-pending-creates{options}`. It forgets every "
        f"interrupted create of the stack, those of other providers{named} too."
    )


def left_alone(step: Step, options: str) -> str:
    """An interrupted create that stays: why, and how to bring its object in."""
    name = step.goal.resource_name
    found = f"{step.live.id}, " if step.live else ""
    text = f"Left alone: {name}, {found}{step.why}."
    command = _adopting(step, options)
    return f"{text} To make it this resource: `{command}`." if command else text


def _adopting(step: Step, options: str) -> str | None:
    """The command that brings in what was left alone, for a shell."""
    if step.live is None or not step.adoptable:
        return None
    return f"streamkap adopt {shlex.quote(step.goal.resource_name)} {shlex.quote(step.live.id)}{options}"


def _as_json(planned: Plan, options: str, *, done: bool) -> dict[str, object]:
    return {
        "done": done,
        "steps": [
            {
                "do": step.verdict.value,
                "kind": step.goal.kind.noun,
                "urn": step.goal.urn,
                "name": step.goal.declared.name,
                "id": step.live.id if step.live else None,
                "why": step.why,
                "adopt": _adopting(step, options),
            }
            for step in planned.steps
        ],
        "updating": list(planned.updating),
        "deleting": list(planned.deleting),
        "others": list(planned.others),
    }


def _nothing_to_do(planned: Plan, options: str) -> Page:
    page = Page()
    page.line("No create of a Streamkap object was interrupted in this stack: there is nothing to recover.", "green")
    page.line("If `pulumi up` says that a name is taken, use `streamkap adopt`.")
    _add_unfinished(page, planned, options)
    return page


def _page(planned: Plan, options: str) -> Page:
    page = Page()
    head = ("Do", "Kind", "Resource", "Name", "Id", "Why")
    rows = [
        (
            step.verdict.value,
            step.goal.kind.noun,
            step.goal.resource_name,
            step.goal.declared.name,
            step.live.id if step.live else "",
            step.why,
        )
        for step in planned.steps
    ]
    table = grid(head, styles=("bold", "", "cyan", "", "", ""))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    page.add(columns([title.upper() for title in head], rows), table)
    _add_unfinished(page, planned, options)
    if planned.others:
        page.line(f"Interrupted creates of other providers are not touched: {', '.join(planned.others)}.", "dim")
    return page


def _add_unfinished(page: Page, planned: Plan, options: str) -> None:
    for urns, doing, step in (
        (planned.updating, "updates", f"`pulumi refresh{options}`, then `pulumi up{options}`, which sends them again"),
        (planned.deleting, "deletions", f"`pulumi up{options}` or `pulumi destroy{options}`, which go on with them"),
    ):
        if urns:
            page.line(f"Interrupted {doing}: {', '.join(urns)}. Run {step}.", "dim")
