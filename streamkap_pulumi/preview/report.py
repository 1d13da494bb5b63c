"""The judgement of a preview in each of its forms: a comment, one line per problem, and data for programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from streamkap_pulumi.preview.allowing import Entry, allowed_as, judge, spelled
from streamkap_pulumi.preview.changes import Change, PropertyChange
from streamkap_pulumi.preview.comments import drift_comment, failure_comment, gate_comment
from streamkap_pulumi.preview.drifting import Drift, drift
from streamkap_pulumi.preview.markdown import shortened, visible
from streamkap_pulumi.preview.reading import Diagnostic, Place, Preview, telling
from streamkap_pulumi.preview.wording import differing, outcome


class Judgement(Enum):
    """The result."""

    PASSED = "passed"
    BLOCKED = "blocked"
    FAILED = "failed"
    DRIFTED = "drifted"


_LONGEST_PROBLEM = 1_000


@dataclass(frozen=True)
class Problem:
    """What keeps a preview from passing."""

    text: str
    """One line."""
    place: Place | None = None
    """The line of the program; None where it is not known."""


@dataclass(frozen=True)
class Report:
    """What to report."""

    judgement: Judgement
    summary: str
    """One line."""
    problems: tuple[Problem, ...]
    """Each thing that keeps it from passing."""
    comment: str
    """Markdown."""
    data: dict[str, Any]


def gate_report(
    preview: Preview, entries: Sequence[Entry], stack: str, *, all_types: bool, show_values: bool
) -> Report:
    """Whether a preview would delete or replace what is not allowed to be."""
    verdict = judge(preview.changes, entries, all_types=all_types)
    judgement = Judgement.BLOCKED if verdict.blocked else Judgement.PASSED
    sentence = outcome(verdict)
    summary = f"{sentence[0].upper()}{sentence[1:]}{', and that is not allowed by name' if verdict.blocked else ''}."
    problems = [
        Problem(
            f"{plain(each.name)} would be {each.operation.value}d. If that is intended, allow it by name: "
            f"--allow-{each.operation.value} {plain(shlex.quote(spelled(allowed_as(each, verdict.blocked))))}"
        )
        for each in verdict.blocked
    ]
    data = {
        "judgement": judgement.value,
        "stack": stack,
        "changes": [_change(each, verdict.blocked, verdict.allowed) for each in preview.changes],
        "unused": [str(each) for each in verdict.unused],
    }
    shown = gate_comment(preview, verdict, stack, show_values=show_values)
    return Report(judgement, summary, tuple(problems), shown, data)


def drift_report(preview: Preview, stack: str, *, all_types: bool, show_values: bool) -> Report:
    """Whether anything in Streamkap differs from what is declared."""
    found = drift(preview, all_types=all_types)
    judgement = Judgement.DRIFTED if found else Judgement.PASSED
    summary = f"{differing([each.change for each in found])}." if found else "Every declared property is as declared."
    data = {"judgement": judgement.value, "stack": stack, "drifted": [_drifted(each) for each in found]}
    shown = drift_comment(found, stack, show_values=show_values)
    return Report(judgement, summary, tuple(Problem(_drift_line(each)) for each in found), shown, data)


def failure_report(kind: str, stack: str, reason: str, errors: Sequence[Diagnostic] = ()) -> Report:
    """A preview that failed with `errors`, or something else than a preview: never a pass. `kind` is gate or drift."""
    messages = telling(errors)
    shown = failure_comment(kind, stack, reason, messages)
    if len(messages) > 1:
        summary = f"{plain(reason, _LONGEST_PROBLEM)} with {len(messages)} errors:"
        problems = [Problem(plain(each.headline, _LONGEST_PROBLEM), each.place) for each in messages]
    else:
        why = messages[0].headline if messages else ""
        summary = plain(f"{reason}: {why}" if why else reason, _LONGEST_PROBLEM)
        problems = [Problem(summary, messages[0].place if messages else None)]
    first = f"{reason}: {messages[0].headline}" if messages else reason
    listed = [
        {"message": each.message, "file": each.place and each.place.file, "line": each.place and each.place.line}
        for each in messages
    ]
    data = {"judgement": Judgement.FAILED.value, "stack": stack, "reason": first, "errors": listed}
    return Report(Judgement.FAILED, summary, tuple(problems), shown, data)


def plain(text: str, longest: int = 200) -> str:
    """`text` on one line of a log that no CI takes for a command of its own."""
    return shortened(visible(text), longest).replace("##[", "## [").replace("::", ": :")


def _drift_line(drifted: Drift) -> str:
    name = plain(drifted.change.name)
    if drifted.is_gone:
        return f"{name} is gone from Streamkap."
    names = ", ".join(plain(each.name) for each in drifted.properties[:5])
    return f"{name} differs in Streamkap{f': {names}' if names else ''}."


def _change(change: Change, blocked: Iterable[Change], allowed: Iterable[Change]) -> dict[str, Any]:
    return {
        "urn": change.urn,
        "name": change.name,
        "type": change.type,
        "operation": change.operation.value,
        "connector": change.connector,
        "properties": [_property(each) for each in change.properties],
        "reasons": list(change.reasons),
        "blocked": change in blocked,
        "allowed": change in allowed,
    }


def _drifted(drifted: Drift) -> dict[str, Any]:
    return {
        "urn": drifted.change.urn,
        "name": drifted.change.name,
        "gone": drifted.is_gone,
        "properties": [_property(each) for each in drifted.properties],
    }


def _property(change: PropertyChange) -> dict[str, Any]:
    """Without values: showing one has to keep secrets back, and only one place does that."""
    return {"path": change.path, "kind": change.kind, "secret": change.secret}
