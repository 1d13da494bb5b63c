"""Messages in the engine's display. A message that cannot be shown fails nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pulumi


def inform(text: str) -> None:
    """Report progress."""
    _say(pulumi.log.info, text)


def warn(text: str) -> None:
    """Report a warning."""
    _say(pulumi.log.warn, text)


def _say(log: Callable[[str], None], text: str) -> None:
    # The engine may be gone, and it accepts valid Unicode only.
    with suppress(Exception):
        log(text.encode("utf-8", "backslashreplace").decode("utf-8"))
