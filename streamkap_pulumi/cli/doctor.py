"""``streamkap doctor``: what this machine has and has not of what `pulumi up` needs."""

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
    from streamkap_pulumi.doctor.checks import Check

EXAMPLES = """\
Examples:
  streamkap doctor                              this machine, and the stack of this folder
  streamkap doctor --stack dev                  with the configuration of that stack
  streamkap doctor --offline                    without asking Streamkap
  streamkap doctor --json                       the same for programs"""

_STYLES = {"warn": "yellow", "fail": "bold red"}
_WIDTH = len("end with engine")
"""Of the longest name: a line is shown before the next one is known."""


def doctor(
    *,
    stack: Annotated[
        str | None,
        Parameter(help="Whose configuration is read. Left out: the one selected in this folder."),
    ] = None,
    offline: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Do not ask Streamkap; credentials may be missing.")
    ] = False,
    as_json: Annotated[bool, Parameter("--json", negative=(), show_default=False, help="Print JSON.")] = False,
) -> Page:
    """Look whether this machine has what `pulumi up` needs.

    It looks at Python, the packages, the engine, the stack's settings, the host,
    and, with one token and two reads, at Streamkap. It changes nothing and shows
    no secret. It ends with 7 when something fails; a warning is no failure.
    Each line is printed as soon as it is known.
    """
    looked, found = _looked(stack, offline=offline), []
    screen = Screen()
    for each in looked:
        found.append(each)
        if not as_json:
            screen.show(_lines(each))
            screen.flush()  # What comes next may have to be waited for.
    code = Exit.UNWELL if any(each.status.value == "fail" for each in found) else Exit.DONE
    if as_json:
        return json_page({"healthy": code == Exit.DONE, "checks": [_as_json(each) for each in found]}, code)
    return _summary(found, code)


def _looked(stack: str | None, *, offline: bool) -> Iterator[Check]:
    # Late: Pulumi and the client take long to load, and only this command needs both.
    from streamkap_pulumi.api.redaction import Redaction  # noqa: PLC0415
    from streamkap_pulumi.doctor.connection import connection  # noqa: PLC0415
    from streamkap_pulumi.doctor.installation import installation  # noqa: PLC0415
    from streamkap_pulumi.doctor.stack_configuration import looked_up  # noqa: PLC0415
    from streamkap_pulumi.doctor.tuning import tuning  # noqa: PLC0415

    yield from installation()
    yield from tuning()
    check, configured = looked_up(Path.cwd(), stack)
    cleared = Redaction([configured.get("streamkap:secret"), os.environ.get("STREAMKAP_SECRET")])
    for each in chain([check], connection(configured, offline=offline)):
        yield type(each)(each.name, each.status, cleared.text(each.told), cleared.text(each.remedy))


def _lines(check: Check) -> Page:
    page = Page()
    status = check.status.value
    page.line(f"{status:<4}  {check.name:<{_WIDTH}}  {check.told}", "" if status == "ok" else _STYLES[status])
    if check.remedy:
        page.line(f"{'':<4}  {'':<{_WIDTH}}  → {check.remedy}")
    return page


def _summary(found: Sequence[Check], code: int) -> Page:
    page = Page(code=code)
    failures = sum(each.status.value == "fail" for each in found)
    warnings = sum(each.status.value == "warn" for each in found)
    page.line()
    told = f"{len(found)} checks: {failures} failed, {warnings} {'warning' if warnings == 1 else 'warnings'}."
    page.line(told, "bold red" if failures else "yellow" if warnings else "green")
    return page


def _as_json(check: Check) -> dict[str, str | None]:
    return {
        "name": check.name,
        "status": check.status.value,
        "told": check.told,
        "remedy": check.remedy or None,
    }
