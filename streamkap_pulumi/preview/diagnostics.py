"""What an engine, a program or a provider had to say beside a preview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streamkap_pulumi.preview.markdown import shortened

_EMPTY_WORDS = {"error: preview failed", "error: update failed", "error: refresh failed"}
_LONGEST_MESSAGE = 2000


@dataclass(frozen=True)
class Diagnostic:
    """What the engine, the program or a provider had to say."""

    severity: str
    message: str
    urn: str | None = None


def messages(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """What was said, each once and not too long, without what only says that something was said."""
    found = list(dict.fromkeys(each.message for each in diagnostics if each.message))
    telling = [message for message in found if message not in _EMPTY_WORDS] or found
    return [shortened(message, _LONGEST_MESSAGE) for message in telling]
