"""The comments on a pull request, in GitHub's and GitLab's Markdown: the gate's, what drifted, and failures.

The first line marks a comment, so that CI finds its own comment and updates it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streamkap_pulumi.preview.allowing import Entry, Verdict, allowed_as, spelled
from streamkap_pulumi.preview.changes import Change, Operation
from streamkap_pulumi.preview.drifting import Drift
from streamkap_pulumi.preview.markdown import block, code, shortened
from streamkap_pulumi.preview.reading import Diagnostic, Preview, messages
from streamkap_pulumi.preview.tables import (
    FOLDED_FROM,
    Part,
    changed_rows,
    laid_out,
    lines_in_cell,
    listing,
    lost_rows,
    object_cells,
    other_rows,
    table,
)
from streamkap_pulumi.preview.wording import count, differing, outcome, property_lines, things
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE

_LONGEST_STACK = 200


def marker(kind: str, stack: str) -> str:
    """The first line of a comment: the same for each run of `kind` on one stack, and invisible."""
    plain = re.sub(r"[^A-Za-z0-9_./]+", "-", stack).strip("-")[:_LONGEST_STACK]
    return f"<!-- streamkap-{kind}{f': {plain}' if plain else ''} -->"


def opening(kind: str, stack: str, sign: str, verdict: str) -> list[str]:
    """The marker, and the heading with the verdict."""
    of_stack = f" of {code(stack)}" if stack else ""
    return [marker(kind, stack), f"### {sign} Streamkap {kind}{of_stack}: {verdict}", ""]


def joined(lines: Sequence[str]) -> str:
    """The whole comment."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


_ORDER = (
    Operation.CREATE,
    Operation.UPDATE,
    Operation.FORGET,
    Operation.IMPORT,
    Operation.READ,
    Operation.DELETE,
    Operation.REPLACE,
)
_TITLES = {Operation.FORGET: "No longer managed", Operation.READ: "Only read"}
_LOST = ("Object", "Kind", "What happens", "Why")
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
    sums = "Streamkap: " + (", ".join(parts) if parts else "nothing to do")
    return f"{sums}. Unchanged resources of all types: {preview.unchanged}."


def _how_to_allow(blocked: Sequence[Change]) -> Part:
    """The names of all that is held back, as an allow file has them. No other part takes their space."""
    names = [shortened(spelled(allowed_as(each, blocked)), _LONGEST_NAME) for each in blocked]
    entries = [f"{each.operation.value} {name}" for each, name in zip(blocked, names, strict=True)]
    part = listing(entries, is_first=True)
    text = "If this is intended, allow it by name, on the command line or in the allow file:"
    return Part([text, "", *part.before], part.rows, part.end, is_first=True)


def _changed(changes: Sequence[Change], show_values: bool) -> Iterator[Part]:
    for operation in _ORDER:
        some = [change for change in changes if change.operation is operation]
        if some:
            title = f"{_TITLES.get(operation, operation.value.capitalize())}: {things(some)}"
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


def drift_comment(drifted: Sequence[Drift], stack: str, *, show_values: bool = True) -> str:
    """What differs in Streamkap from what is declared, from the declared to the live value."""
    if not drifted:
        return joined([*opening("drift", stack, "✅", "none"), "Every declared property is as declared."])
    title = differing([each.change for each in drifted])
    rows = ((*object_cells(each.change), _what(each, show_values)) for each in drifted)
    return joined(
        [
            *opening("drift", stack, "⚠️", title),
            *laid_out([table((*_LOST[:2], "From what is declared to what is live"), rows)]),
            "`pulumi up --refresh` restores what is declared. If the change was intended, declare it in the program.",
        ]
    )


def _what(drifted: Drift, show_values: bool) -> str:
    if drifted.is_gone:
        return f"**gone**: {code(drifted.change.id or '')} was deleted outside this stack"
    if not drifted.properties:
        return "the engine does not say which property"
    return lines_in_cell(property_lines(drifted.properties, show_values=show_values))


_WORDS = {
    "gate": ("the preview failed", "What would be deleted or replaced is not known, so nothing passes."),
    "drift": ("the comparison failed", "Whether anything in Streamkap differs from what is declared is not known."),
}


def failure_comment(kind: str, stack: str, reason: str, errors: Sequence[Diagnostic] = ()) -> str:
    """Why nothing is known: `errors`, or else `reason`. `kind` is gate or drift."""
    verdict, meaning = _WORDS[kind]
    lines = opening(kind, stack, "❌", verdict)
    lines += [] if errors else [code(reason, 400), ""]
    blocks = [f"{block(message)}\n" for message in messages(errors)]
    return joined([*lines, meaning, "", *laid_out([Part([], blocks)])])


def unjudged_comment(stack: str, reason: str) -> str:
    """Why it cannot be read what is allowed."""
    lines = opening("gate", stack, "❌", "what is allowed cannot be read")
    return joined([*lines, code(reason, 400), "", "So the preview was not judged, and nothing passes."])
