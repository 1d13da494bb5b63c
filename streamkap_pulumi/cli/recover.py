"""``streamkap recover``: brings in what a killed `pulumi up` has made."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from streamkap_pulumi.cli.exit_codes import Exit
from streamkap_pulumi.cli.output import Page, columns, grid

if TYPE_CHECKING:
    from streamkap_pulumi.stack.recovery import Plan, Step

EXAMPLES = """\
Examples:
  streamkap recover                             shows what it will do, and asks
  streamkap recover --stack prod --cwd infra    another stack, another folder
  streamkap recover --yes --cancel              in CI, where no other run can be at work"""


def recover(
    *,
    stack: Annotated[str | None, Parameter(help="The stack. Left out: the one that is selected.")] = None,
    cwd: Annotated[str, Parameter(show_default=False, help="The project's folder. Left out: this one.")] = ".",
    yes: Annotated[bool, Parameter(negative=(), show_default=False, help="Do it without asking.")] = False,
    cancel: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="Take away the stack's lock first, as pulumi cancel does."),
    ] = False,
) -> Page:
    """Bring in the sources that a killed pulumi up was making.

    The stack's own state tells which they are. Each is looked for in Streamkap; what
    was made goes into the state, what was not is forgotten, so that the next pulumi
    up makes it. A source that the stack was not making is never touched. What is not
    to be seen at once is looked for as long as a call may take (a minute).
    """
    # Late: the other commands need neither a client nor a stack.
    from streamkap_pulumi.cli import confirming, previewing  # noqa: PLC0415
    from streamkap_pulumi.stack import recovery  # noqa: PLC0415
    from streamkap_pulumi.stack.connection import connected  # noqa: PLC0415
    from streamkap_pulumi.stack.program import Pulumi  # noqa: PLC0415
    from streamkap_pulumi.stack.state import State  # noqa: PLC0415

    pulumi = Pulumi(Path(cwd), stack)
    with confirming.told_readably() as redaction:
        pulumi.demand_imports()
        if cancel:
            if not confirming.confirmed("Take away the stack's lock? A run that is at work then fails.", yes=yes):
                return confirming.declined()
            pulumi.cancel()
        state = State(pulumi.export())
        if not state.interrupted_creates():
            return _nothing_to_do(state.interrupted("updating"), state.interrupted("deleting"))
        with connected(pulumi, confirming.report, redaction) as connection:
            planned = recovery.plan(state, pulumi.history(), connection)
            confirming.show(_page(planned))
            changing = planned.having(recovery.Verdict.BRING_IN, recovery.Verdict.FORGET)
            if changing:
                if not confirming.confirmed("Do it?", yes=yes):
                    return confirming.declined()
                recovery.carry_out(pulumi, connection, planned)
        left = planned.having(recovery.Verdict.LEAVE)
        page = Page(code=Exit.LEFT_ALONE if left else Exit.DONE)
        if changing:
            page.line("Done.", "green")
            previewing.add_preview(page, pulumi, {step.wanted.urn for step in changing if step.source})
        for step in left:
            page.line(left_alone(step, pulumi.options), "yellow")
        if left:
            page.line(end_of_marks(planned.others, pulumi.options))
        return page


def end_of_marks(others: Sequence[str], options: str) -> str:
    """How a create that was left alone ceases to be interrupted."""
    named = f" ({', '.join(others)})" if others else ""
    return (
        "What was left alone stays an interrupted create, which the next `streamkap recover` looks at again. To end "
        f"that without bringing anything in: `pulumi refresh --clear-pending-creates{options}`. It forgets every "
        f"interrupted create of the stack, those of other providers{named} too."
    )


def left_alone(step: Step, options: str) -> str:
    """A create that stays interrupted: why, and how its source would come in."""
    name = step.wanted.resource_name
    source = f"{step.source.id}, " if step.source else ""
    told = f"Left alone: {name}, {source}{step.why}."
    if step.source is None or not step.adoptable:
        return told
    return (
        f"{told} If it shall be this resource: "
        f"`streamkap adopt {shlex.quote(name)} {shlex.quote(step.source.id)}{options}`."
    )


def _nothing_to_do(updating: list[str], deleting: list[str]) -> Page:
    page = Page()
    page.line("No create of a source was interrupted in this stack: there is nothing to recover.", "green")
    page.line("Where `pulumi up` says that a name is taken: `streamkap adopt`.")
    _add_unfinished(page, updating, deleting)
    return page


def _page(planned: Plan) -> Page:
    page = Page()
    head = ("Do", "Resource", "Name", "Id", "Why")
    rows = [
        (
            step.verdict.value,
            step.wanted.resource_name,
            step.wanted.declared.name,
            step.source.id if step.source else "",
            step.why,
        )
        for step in planned.steps
    ]
    table = grid(head, styles=("bold", "cyan", "", "", ""))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    page.add(columns([title.upper() for title in head], rows), table)
    _add_unfinished(page, planned.updating, planned.deleting)
    if planned.others:
        page.line(f"Interrupted creates of other providers are not touched: {', '.join(planned.others)}.", "dim")
    return page


def _add_unfinished(page: Page, updating: object, deleting: object) -> None:
    for urns, doing, step in (
        (updating, "updates", "`pulumi refresh`, then `pulumi up`, which sends them again"),
        (deleting, "deletions", "`pulumi up` or `pulumi destroy`, which go on with them"),
    ):
        if isinstance(urns, (list, tuple)) and urns:
            page.line(f"Interrupted {doing}: {', '.join(urns)}. Run {step}.", "dim")
