"""The comment on a pull request: what a preview would do to sources, in GitHub's and GitLab's Markdown.

Its first line marks it, so that CI finds its own comment again and renews it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamkap_pulumi.preview.allowing import Entry, Verdict, spelled
from streamkap_pulumi.preview.diagnostics import Diagnostic, messages
from streamkap_pulumi.preview.framing import joined, opening
from streamkap_pulumi.preview.markdown import code, shortened
from streamkap_pulumi.preview.operations import Change, Operation
from streamkap_pulumi.preview.reading import Preview
from streamkap_pulumi.preview.rows import FOLDED_FROM, changed_rows, lost_rows, other_rows
from streamkap_pulumi.preview.tables import Part, laid_out, listing, table
from streamkap_pulumi.preview.wording import count, outcome
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE

_ORDER = (
    Operation.CREATE,
    Operation.UPDATE,
    Operation.FORGET,
    Operation.IMPORT,
    Operation.READ,
    Operation.DELETE,
    Operation.REPLACE,
)
_TITLES = {Operation.FORGET: "No longer managed", Operation.READ: "Only looked at"}
_LOST = ("Source", "Connector", "What happens", "Why")
_LONGEST_NAME = 1_000


def gate_comment(preview: Preview, verdict: Verdict, stack: str, *, show_values: bool = True) -> str:
    """What would happen to a stack, and what of it is held back."""
    parts: list[Part] = []
    if verdict.blocked:
        rows = lost_rows(preview.changes, verdict.blocked, show_values=show_values)
        parts += [table(_LOST, rows).titled("Held back"), _how_to_allow(verdict.blocked)]
    if verdict.allowed:
        rows = lost_rows(preview.changes, verdict.allowed, show_values=show_values)
        parts.append(table(_LOST, rows).titled("Allowed by name"))
    shown = {(each.urn, each.operation) for each in (*verdict.blocked, *verdict.allowed)}
    rest = [change for change in preview.changes if (change.urn, change.operation) not in shown]
    parts += _changed([change for change in rest if change.is_streamkap], show_values)
    parts += _others([change for change in rest if not change.is_streamkap])
    parts += _unused(verdict.unused)
    parts += _warnings(preview.diagnostics, show_values)
    return joined([*opening("gate", stack, _sign(verdict), outcome(verdict)), _sums(preview), "", *laid_out(parts)])


def _sign(verdict: Verdict) -> str:
    if verdict.blocked:
        return "⛔"
    return "⚠️" if verdict.allowed else "✅"


def _sums(preview: Preview) -> str:
    ours = [change for change in preview.changes if change.is_streamkap]
    words = {Operation.FORGET: "no longer managed", Operation.READ: "only read", Operation.IMPORT: "to import"}
    parts = []
    for operation in (Operation.DELETE, Operation.REPLACE, *_ORDER[:-2]):
        number = len({change.urn for change in ours if change.operation is operation})
        if number:
            parts.append(f"**{number}** {words.get(operation, f'to {operation.value}')}")
    sums = "Sources: " + (", ".join(parts) if parts else "nothing to do")
    return f"{sums}. Unchanged resources of all types: {preview.unchanged}."


def _how_to_allow(blocked: Sequence[Change]) -> Part:
    """The names of all that is held back, as they are written in an allow file. No other part takes their room."""
    entries = [f"{change.operation.value} {shortened(spelled(change.name), _LONGEST_NAME)}" for change in blocked]
    part = listing(entries, is_first=True)
    told = "If this is meant, allow it by name, on the command line or in the allow file:"
    return Part([told, "", *part.before], part.rows, part.end, is_first=True)


def _changed(changes: Sequence[Change], show_values: bool) -> Iterator[Part]:
    for operation in _ORDER:
        some = [change for change in changes if change.operation is operation]
        if some:
            title = f"{_TITLES.get(operation, operation.value.capitalize())}: {count(len(some), 'source')}"
            part = table(_LOST[:3], changed_rows(some, show_values=show_values))
            yield part.folded(title) if len(some) >= FOLDED_FROM else part.titled(title)


def _others(changes: Sequence[Change]) -> Iterator[Part]:
    some = [change for change in changes if change.type != STACK_TYPE]
    if some:
        title = f"Other resources, which are not held back: {len(some)} would change"
        yield table(("Resource", "What happens", "Properties"), other_rows(some)).folded(title)


def _unused(entries: Sequence[Entry]) -> Iterator[Part]:
    if entries:
        shown = ", ".join(code(str(each)) for each in entries[:FOLDED_FROM])
        more = len(entries) - FOLDED_FROM
        yield Part([], [f"Allowed, but not needed here: {shown}{f' and {more} more' if more > 0 else ''}."])


def _warnings(diagnostics: Sequence[Diagnostic], show_values: bool) -> Iterator[Part]:
    found = messages([each for each in diagnostics if each.severity == "warning"])
    if found and show_values:
        yield listing(line for message in found for line in message.splitlines()).folded(count(len(found), "warning"))
    elif found:
        yield Part([], [f"{count(len(found), 'warning')}: see the output of the preview."])
