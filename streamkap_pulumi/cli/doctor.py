"""``streamkap doctor``: checks whether this machine has what `pulumi up` needs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from streamkap_pulumi.cli.exit_codes import Exit
from streamkap_pulumi.cli.output import Page, Screen, json_page

if TYPE_CHECKING:
    from streamkap_pulumi.doctor import Check

EXAMPLES = """\
Examples:
  streamkap doctor                              this machine, and the stack of this folder
  streamkap doctor --stack dev                  with the configuration of that stack
  streamkap doctor --offline                    without calling Streamkap
  streamkap doctor --json                       the same for programs"""

_STYLES = {"warn": "yellow", "fail": "bold red"}
_WIDTH = len("end with engine")
"""Of the longest name: a line is shown before the next one is known."""


def doctor(
    *,
    stack: Annotated[
        str | None,
        Parameter(help="The stack whose configuration is read. Default: the one selected in this folder."),
    ] = None,
    offline: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Do not call Streamkap; credentials may be missing.")
    ] = False,
    as_json: Annotated[bool, Parameter("--json", negative=(), show_default=False, help="Print JSON.")] = False,
) -> Page:
    """Check whether this machine has what `pulumi up` needs.

    It checks Python, the packages, the engine, the stack's settings, the host,
    and, with one token and a few small reads, Streamkap. It changes nothing and
    shows no secret. It ends with 7 when a check fails; a warning is not a failure.
    Each line is printed as soon as it is known.
    """
    checks, found = _checks(stack, offline=offline), []
    screen = Screen()
    for each in checks:
        found.append(each)
        if not as_json:
            screen.show(_lines(each))
            screen.flush()  # The next check may take a while.
    code = Exit.UNWELL if any(each.status.value == "fail" for each in found) else Exit.DONE
    if as_json:
        return json_page({"healthy": code == Exit.DONE, "checks": [_as_json(each) for each in found]}, code)
    return _summary(found, code)


def _checks(stack: str | None, *, offline: bool) -> Iterator[Check]:
    # Late: Pulumi and the client take long to load, and only this command needs both.
    from streamkap_pulumi.api.redaction import Redaction  # noqa: PLC0415
    from streamkap_pulumi.doctor import connection, installation, stack_configuration, tuning  # noqa: PLC0415

    yield from installation()
    yield from tuning()
    check, configured = stack_configuration(Path.cwd(), stack)
    cleared = Redaction([configured.get("streamkap:secret"), os.environ.get("STREAMKAP_SECRET")])
    for each in chain([check], connection(configured, offline=offline)):
        yield type(each)(each.name, each.status, cleared.text(each.found), cleared.text(each.remedy))


def _lines(check: Check) -> Page:
    page = Page()
    status = check.status.value
    page.line(f"{status:<4}  {check.name:<{_WIDTH}}  {check.found}", "" if status == "ok" else _STYLES[status])
    if check.remedy:
        page.line(f"{'':<4}  {'':<{_WIDTH}}  → {check.remedy}")
    return page


def _summary(found: Sequence[Check], code: int) -> Page:
    page = Page(code=code)
    failures = sum(each.status.value == "fail" for each in found)
    warnings = sum(each.status.value == "warn" for each in found)
    page.line()
    total = f"{len(found)} checks: {failures} failed, {warnings} {'warning' if warnings == 1 else 'warnings'}."
    page.line(total, "bold red" if failures else "yellow" if warnings else "green")
    return page


def _as_json(check: Check) -> dict[str, str | None]:
    return {
        "name": check.name,
        "status": check.status.value,
        "told": check.found,
        "remedy": check.remedy or None,
    }
