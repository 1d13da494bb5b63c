"""A preview that was not judged, in Markdown: it failed, or nobody knows what is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from streamkap_pulumi.preview.diagnostics import Diagnostic, messages
from streamkap_pulumi.preview.framing import joined, opening
from streamkap_pulumi.preview.markdown import block, code
from streamkap_pulumi.preview.tables import Part, laid_out

_WORDS = {
    "gate": ("the preview failed", "What would be deleted or replaced is not known, so nothing is let through."),
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
    """What is allowed cannot be read: why."""
    lines = opening("gate", stack, "❌", "what is allowed cannot be read")
    return joined([*lines, code(reason, 400), "", "So the preview was not judged, and nothing is let through."])
