"""A preview that was not judged, as it failed or nobody knows what is allowed, in Markdown; and what an engine said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streamkap_pulumi.preview.framing import joined, opening
from streamkap_pulumi.preview.markdown import block, code, shortened
from streamkap_pulumi.preview.reading import Diagnostic
from streamkap_pulumi.preview.tables import Part, laid_out

_EMPTY_WORDS = {"error: preview failed", "error: update failed", "error: refresh failed"}
_LONGEST_MESSAGE = 2000
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


def messages(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """What was said, each once and not too long, without what only says that something was said."""
    found = list(dict.fromkeys(each.message for each in diagnostics if each.message))
    telling = [message for message in found if message not in _EMPTY_WORDS] or found
    return [shortened(message, _LONGEST_MESSAGE) for message in telling]
