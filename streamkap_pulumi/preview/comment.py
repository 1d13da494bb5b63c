"""The comment on a pull request: what a preview would do to sources, in GitHub's and GitLab's Markdown.

Its first line marks it, so that CI finds its own comment again and renews it. Each part keeps within a budget of
characters, because GitHub takes 65,536: of what is too much the number is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from streamkap_pulumi.engine.words import STACK_TYPE, UNKNOWN
from streamkap_pulumi.preview.allowing import Entry, Verdict
from streamkap_pulumi.preview.markdown import block, code, shortened
from streamkap_pulumi.preview.operations import Change, Operation
from streamkap_pulumi.preview.properties import PropertyChange
from streamkap_pulumi.preview.reading import Diagnostic, Preview
from streamkap_pulumi.preview.tables import Budget, count, folded, table
from streamkap_pulumi.preview.wording import property_lines, what_happens

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
_FOLDED_FROM = 12
_ERRORS = 20
_EMPTY_WORDS = {"error: preview failed", "error: update failed"}
_LONGEST_MESSAGE = 2000


def marker(kind: str, stack: str) -> str:
    """The first line of a comment: the same for each run of `kind` on one stack, and not to be seen."""
    plain = re.sub(r"[^A-Za-z0-9_./]+", "-", stack).strip("-")
    return f"<!-- streamkap-{kind}{f': {plain}' if plain else ''} -->"


def gate_comment(preview: Preview, verdict: Verdict, stack: str, *, show_values: bool = True) -> str:
    """What would happen to a stack, and what of it is held back."""
    lines = [marker("gate", stack), _heading(verdict, stack), "", _sums(preview), ""]
    if verdict.blocked:
        lines += _blocked(preview, verdict.blocked, show_values)
    if verdict.allowed:
        lines += ["#### Allowed by name", ""]
        lines += table(
            ("Source", "Connector", "What happens", "Why"), _lost_rows(preview, verdict.allowed, show_values), 10_000
        )
    shown = {*map(id, verdict.blocked), *map(id, verdict.allowed)}
    rest = [change for change in preview.changes if id(change) not in shown]
    lines += _changed([change for change in rest if change.is_streamkap], show_values)
    lines += _others([change for change in rest if not change.is_streamkap])
    lines += _unused(verdict.unused)
    lines += _warnings(preview.diagnostics)
    return _joined(lines)


def failure_comment(kind: str, stack: str, reason: str, errors: Sequence[Diagnostic] = ()) -> str:
    """A preview that failed, or that is none."""
    lines = [marker(kind, stack), f"### ❌ Streamkap {kind}{_of(stack)}: the preview failed", ""]
    lines += [] if errors else [code(reason, 400), ""]
    lines += ["What would be deleted or replaced is not known, so nothing is let through.", ""]
    budget = Budget(30_000)
    for message in _messages(errors)[:_ERRORS]:
        shown = block(message[:_LONGEST_MESSAGE])
        if not budget.takes(shown):
            break
        lines += [shown, ""]
    return _joined(lines)


def _heading(verdict: Verdict, stack: str) -> str:
    where = f"Streamkap gate{_of(stack)}"
    if verdict.blocked:
        return f"### ⛔ {where}: {lost(verdict.blocked)}"
    if verdict.allowed:
        return f"### ⚠️ {where}: {lost(verdict.allowed)}, as allowed"
    return f"### ✅ {where}: no source would be deleted or replaced"


def _of(stack: str) -> str:
    return f" of {code(stack)}" if stack else ""


def lost(changes: Sequence[Change]) -> str:
    """How many would be deleted and replaced, as half a sentence."""
    thing = "source" if all(change.is_streamkap for change in changes) else "resource"
    numbers = {
        verb: sum(change.operation is operation for change in changes)
        for verb, operation in (("deleted", Operation.DELETE), ("replaced", Operation.REPLACE))
    }
    (verb, number), *more = [(verb, number) for verb, number in numbers.items() if number]
    return " and ".join([f"{count(number, thing)} would be {verb}", *(f"{number} {verb}" for verb, number in more)])


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


def _blocked(preview: Preview, changes: Sequence[Change], show_values: bool) -> list[str]:
    lines = ["#### Held back", ""]
    lines += table(("Source", "Connector", "What happens", "Why"), _lost_rows(preview, changes, show_values), 15_000)
    lines += ["If this is meant, allow it by name, on the command line or in the allow file:", ""]
    budget, entries = Budget(5_000), []
    for change in changes:
        line = f"{change.operation.value} {change.name}"
        if not budget.takes(line):
            entries.append("…")
            break
        entries.append(line)
    return [*lines, block("\n".join(shortened(entry, 200) for entry in map(_one_line, entries))), ""]


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _lost_rows(preview: Preview, changes: Sequence[Change], show_values: bool) -> Iterable[tuple[str, ...]]:
    for change in changes:
        yield (
            *source_cells(change),
            f"**{change.operation.value}**: {what_happens(change)}",
            _why(preview, change, show_values),
        )


def _why(preview: Preview, change: Change, show_values: bool) -> str:
    if change.operation is Operation.DELETE:
        twin = _twin(preview, change)
        return (
            f"The program no longer declares it, but declares {code(twin.name)} with the same configuration. "
            f"If it was only renamed, keep it: <code>aliases=[pulumi.Alias(name=…)]</code>"
            if twin
            else "The program no longer declares it"
        )
    because = [each for each in change.properties if each.path in change.reasons]
    if because:
        return _folded_lines(property_lines(because, show_values=show_values))
    if set(change.reasons) <= {"id"}:
        return "Asked for: <code>--replace</code>, a taint, or an option of the resource"
    return ", ".join(code(reason) for reason in change.reasons)


def _twin(preview: Preview, gone: Change) -> Change | None:
    """A source that would be created in the likeness of one that would be deleted."""
    return next(
        (
            change
            for change in preview.changes
            if change.operation is Operation.CREATE
            and change.type == gone.type
            and all(change.inputs.get(key) == gone.inputs.get(key) for key in ("connector", "config"))
        ),
        None,
    )


def _changed(changes: Sequence[Change], show_values: bool) -> list[str]:
    lines: list[str] = []
    for operation in _ORDER:
        some = [change for change in changes if change.operation is operation]
        if not some:
            continue
        title = f"{_TITLES.get(operation, operation.value.capitalize())}: {count(len(some), 'source')}"
        rows = [(*source_cells(change), _detail(change, show_values)) for change in some]
        lines += _section(
            title, table(("Source", "Connector", "What happens"), rows, 12_000), fold=len(rows) >= _FOLDED_FROM
        )
    return lines


def _section(title: str, content: list[str], *, fold: bool) -> list[str]:
    return folded(title, content) if fold else [f"#### {title}", "", *content]


def source_cells(change: Change) -> tuple[str, str]:
    """Its name in the program, and its connector; of another resource, its type."""
    kind = change.connector if change.is_streamkap and change.connector else change.type
    return code(change.name), "not known yet" if kind == UNKNOWN else code(kind)


def _detail(change: Change, show_values: bool) -> str:
    if change.operation is Operation.UPDATE and change.properties:
        return _folded_lines(property_lines(change.properties, show_values=show_values))
    return what_happens(change)


def _folded_lines(lines: Sequence[str]) -> str:
    if len(lines) < _FOLDED_FROM:
        return "<br>".join(lines)
    return f"<details><summary>{count(len(lines), 'property', 'properties')}</summary>{'<br>'.join(lines)}</details>"


def _others(changes: Sequence[Change]) -> list[str]:
    some = [change for change in changes if change.type != STACK_TYPE]
    if not some:
        return []
    rows = [
        (f"{code(change.name)}<br>{code(change.type)}", change.operation.value, _names_only(change.properties))
        for change in some
    ]
    title = f"Other resources, which are not held back: {len(rows)} would change"
    return folded(title, table(("Resource", "What happens", "Properties"), rows, 6_000))


def _names_only(properties: Sequence[PropertyChange]) -> str:
    names = [code(each.path) for each in properties[:_FOLDED_FROM]]
    more = len(properties) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _unused(entries: Sequence[Entry]) -> list[str]:
    if not entries:
        return []
    shown = ", ".join(code(str(each)) for each in entries[:_FOLDED_FROM])
    more = len(entries) - _FOLDED_FROM
    return [f"Allowed, but not needed here: {shown}{f' and {more} more' if more > 0 else ''}.", ""]


def _warnings(diagnostics: Sequence[Diagnostic]) -> list[str]:
    messages = _messages([each for each in diagnostics if each.severity == "warning"])
    if not messages:
        return []
    shown = block("\n".join(message[:_LONGEST_MESSAGE] for message in messages[:_ERRORS])[:8_000])
    return folded(count(len(messages), "warning"), [shown, ""])


def _messages(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """What was said, each once, without what only says that something was said."""
    messages = list(dict.fromkeys(each.message for each in diagnostics if each.message))
    return [message for message in messages if message not in _EMPTY_WORDS] or messages


def _joined(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"
