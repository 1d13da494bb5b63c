"""What a program has to say of its sources, in the engine's display. That it cannot be said breaks no program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pulumi


def inform(text: str) -> None:
    """Report progress."""
    _say(pulumi.log.info, text)


def warn(text: str) -> None:
    """Warn of something that fails nothing."""
    _say(pulumi.log.warn, text)


def _say(log: Callable[[str], None], text: str) -> None:
    # The engine may be gone. What is not Unicode is not sent as it is: the engine takes no other text.
    with suppress(Exception):
        log(text.encode("utf-8", "backslashreplace").decode("utf-8"))
