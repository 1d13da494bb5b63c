"""``streamkap gate``: holds back a pull request whose preview would delete or replace an object."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from streamkap_pulumi.cli.exit_codes import Exit, FailedError, UsageError
from streamkap_pulumi.cli.output import Page, json_page, note
from streamkap_pulumi.preview.allowing import BadEntryError, Entry, entries_in, entry
from streamkap_pulumi.preview.changes import Operation
from streamkap_pulumi.preview.comments import unjudged_comment
from streamkap_pulumi.preview.markdown import plain_lines, visible
from streamkap_pulumi.preview.reading import Place, UnreadablePreviewError, read_preview
from streamkap_pulumi.preview.report import Judgement, Report, drift_report, failure_report, gate_report

EXAMPLES = """\
Examples:
  pulumi preview --json | streamkap gate        may this be merged?
  streamkap gate preview.json --output note.md  the comment into a file, the verdict to the terminal
  streamkap gate preview.json --allow-delete orders --allow-replace 'legacy-*'
  streamkap gate preview.json --allow-file allow.txt
  pulumi refresh --preview-only --json | streamkap gate --drift
                                                did somebody change a declared property?"""

CODES = {
    Judgement.PASSED: Exit.DONE,
    Judgement.BLOCKED: Exit.HELD_BACK,
    Judgement.FAILED: Exit.NO_PREVIEW,
    Judgement.DRIFTED: Exit.DRIFTED,
}
"""The command's exit codes."""


def gate(
    preview: Annotated[
        str,
        Parameter(allow_leading_hyphen=True, help="A file with the output of pulumi preview --json; - is stdin."),
    ] = "-",
    /,
    *,
    allow_delete: Annotated[
        list[str] | None,
        Parameter(negative=(), help="An object that may be deleted, by name or URN; * and ? are wildcards."),
    ] = None,
    allow_replace: Annotated[
        list[str] | None, Parameter(negative=(), help="An object that may be replaced, named the same way.")
    ] = None,
    allow_file: Annotated[
        list[str] | None,
        Parameter(negative=(), help="A file with lines such as: delete orders  # why. Each can be given often."),
    ] = None,
    all_types: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Hold back resources of other providers as well.")
    ] = False,
    drift: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="Report what differs in Streamkap from what is declared."),
    ] = False,
    output: Annotated[
        str | None, Parameter(help="Write the comment to this file; then only the verdict is printed.")
    ] = None,
    stack: Annotated[
        str | None, Parameter(help="What the comment calls the stack. Default: project/stack, from the preview.")
    ] = None,
    hide_values: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Show the names of properties but not their values.")
    ] = False,
    annotate: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Print annotations for GitHub Actions as well.")
    ] = False,
    as_json: Annotated[
        bool, Parameter("--json", negative=(), show_default=False, help="Print JSON instead of the comment.")
    ] = False,
) -> Page:
    """Report what a preview would do, and hold back losses that are not allowed.

    It reads a preview and needs no network and no credentials. It prints a comment
    in Markdown and ends with 4 when an object would be deleted or replaced, unless
    that is allowed by name. A preview that failed never passes: it ends with 5.
    """
    if drift and (allow_delete or allow_replace or allow_file):
        raise UsageError("With --drift nothing is held back, so there is nothing to allow: omit --allow-….")
    text = _text(preview)
    try:
        entries = _entries(allow_delete or (), allow_replace or (), allow_file or ())
    except (UsageError, FailedError) as error:
        if output is not None:
            # Otherwise the comment of an earlier commit would stand for this one.
            _write(output, unjudged_comment(stack or _stack_of(text), str(error)))
        raise
    try:
        report = _report(text, entries, stack, drift=drift, all_types=all_types, show_values=not hide_values)
    except UnreadablePreviewError as error:
        report = failure_report("drift" if drift else "gate", stack or "", str(error))
    if annotate:
        _annotate(report)
    if output is not None:
        _write(output, report.comment)
    return _page(report, with_comment=output is None, as_json=as_json)


def _report(
    text: str, entries: Sequence[Entry], stack: str | None, *, drift: bool, all_types: bool, show_values: bool
) -> Report:
    preview = read_preview(text)
    name = stack or preview.stack
    if preview.errors:
        kind, failed = ("drift", "comparison") if drift else ("gate", "preview")
        if not show_values:
            # A message may quote a value.
            return failure_report(kind, name, f"The {failed} failed. Its messages are hidden by --hide-values.")
        return failure_report(kind, name, f"The {failed} failed", preview.errors)
    if drift:
        if not preview.refreshed:
            raise UnreadablePreviewError(
                "It did not read from Streamkap. Give it the output of `pulumi refresh --preview-only --json`."
            )
        return drift_report(preview, name, all_types=all_types, show_values=show_values)
    if preview.is_refresh:
        raise UnreadablePreviewError(
            "It is the output of `pulumi refresh`, which runs no program. Give it that of `pulumi preview --json`; "
            "for what drifted, there is --drift."
        )
    return gate_report(preview, entries, name, all_types=all_types, show_values=show_values)


def _stack_of(text: str) -> str:
    try:
        return read_preview(text).stack
    except UnreadablePreviewError:
        return ""


def _entries(deletes: Sequence[str], replaces: Sequence[str], files: Sequence[str]) -> list[Entry]:
    try:
        found = [entry(Operation.DELETE, each) for each in deletes]
        found += [entry(Operation.REPLACE, each) for each in replaces]
        for file in files:
            found += entries_in(_read(file).splitlines(), file)
    except BadEntryError as error:
        raise UsageError(str(error)) from None
    return found


def _text(place: str) -> str:
    if place != "-":
        return _read(place)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("No preview given: run pulumi preview --json | streamkap gate, or name a file.")
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise FailedError(f"{file} cannot be read: {error.strerror or error}.") from None


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FailedError(f"{file} cannot be written: {error.strerror or error}.") from None


def _annotate(report: Report) -> None:
    """Workflow commands of GitHub Actions, which reads them from standard error as well."""
    for problem in report.problems:
        message = problem.text.replace("%", "%25")
        note(f"::error title=Streamkap{_annotated(problem.place)}::{message}")


def _annotated(place: Place | None) -> str:
    """The file as GitHub knows it, from the root of the clone, and the line."""
    if place is None:
        return ""
    with contextlib.suppress(ValueError):
        place = Place(str(Path(place.file).relative_to(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())), place.line)
    file = re.sub(r"[%\r\n:,]", lambda found: f"%{ord(found[0]):02X}", visible(place.file))
    return f",file={file},line={place.line}"


def _page(report: Report, *, with_comment: bool, as_json: bool) -> Page:
    code = CODES[report.judgement]
    if as_json:
        return json_page(report.data, code)
    page = Page(code=code)
    if with_comment:
        page.add(report.comment.rstrip("\n"), _for_terminal(report.comment))
    else:
        page.line(report.summary, "red" if code else "green")
        for problem in report.problems:
            if problem.text != report.summary:
                page.line(f"  {problem.text}")
    return page


def _for_terminal(comment: str) -> RenderableType:
    """Headings in bold, and indented lines stay indented where they are folded."""
    shown: list[RenderableType] = []
    for line in plain_lines(comment):
        text = Text(line.text, "bold" if line.is_heading else "")
        shown.append(Padding(text, (0, 0, 0, line.indent), expand=False) if line.indent else text)
    return Group(*shown)
