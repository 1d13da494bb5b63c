"""How the commands that change a stack ask for confirmation, end in order, and report the result."""

from __future__ import annotations

import math
import signal
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from streamkap_pulumi import api
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.cli.exit_codes import Exit, FailedError, readable
from streamkap_pulumi.cli.output import Page, Screen, note
from streamkap_pulumi.preview.changes import is_hidden
from streamkap_pulumi.pulumi_cli.program import ONE_EVENT
from streamkap_pulumi.pulumi_cli.words import resource_name
from streamkap_pulumi.stack.commands import Pulumi, StackError


def show(page: Page) -> None:
    """Show a page at once, and not when the command ends."""
    screen = Screen()
    screen.show(page)
    screen.flush()


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether it may be done: by --yes, or by the answer at the terminal."""
    if yes:
        return True
    if not sys.stdin or not sys.stdin.isatty():
        return False
    note(f"{question} [y/N] ", end="")
    try:
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    except UnicodeDecodeError:
        return False


def declined() -> Page:
    """The end of a command that was not confirmed."""
    page = Page(code=Exit.NOT_CONFIRMED)
    page.line("Nothing was done. Answer y to confirm; without a terminal, pass --yes.", "bold")
    return page


@contextmanager
def readable_errors() -> Iterator[Redaction]:
    """Turn errors into one line, and signals into an orderly end: `pulumi` is signalled, and waited for.

    Of two signals at the same moment only one counts: the second would cut off what the first has begun.
    Yields what clears secrets from that line: it has to learn them.
    """
    redaction = Redaction()
    last = -math.inf

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal last
        before, last = last, monotonic()
        if last - before > ONE_EVENT:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(Exit(128 + number))

    # What nohup has set stays.
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [each for each in wanted if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield redaction
    except StackError as error:
        raise FailedError(redaction.text(str(error))) from None
    except api.StreamkapError as error:
        raise FailedError(readable(error, "the host", redaction)) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_WORDS = {"same": "unchanged", "create": "to create", "update": "to update", "delete": "to delete"}


def add_preview(page: Page, pulumi: Pulumi, urns: Collection[str]) -> None:
    """Add the result of `pulumi preview`: the numbers of the whole stack, and what changes among `urns`."""
    try:
        preview = pulumi.preview()
    except StackError as error:
        page.line(f"It is done, but the preview failed: {error}", "yellow")
        return
    # The steps leave out most of what is unchanged; the summary counts all.
    counts = [f"{count} {_WORDS.get(op, f'to {op}')}" for op, count in (preview.get("changeSummary") or {}).items()]
    page.line(f"pulumi preview: {', '.join(counts) or 'nothing to do'}.")
    for step in preview.get("steps") or ():
        if step["urn"] in urns and step["op"] != "same":
            keys = ", ".join(sorted(key for key in step.get("detailedDiff") or {} if not is_hidden(key)))
            page.line(f"  {resource_name(step['urn'])}: to {step['op']}{f' ({keys})' if keys else ''}", "yellow")
    page.line(f"Run `pulumi up{pulumi.options}`: it creates what is missing, and updates the stack's outputs.", "bold")
