"""What the demo shows while something quiet goes on."""

from __future__ import annotations

import io
import re
import time

from scripts.demo.progress import elapsed


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


class Closed(Terminal):
    """A terminal that is gone."""

    def write(self, _: str) -> int:
        """As the system says it."""
        raise OSError(5, "Input/output error")


def shown(stream: io.StringIO, seconds: float = 0.3) -> str:
    with elapsed("It starts", stream, every=0.05):
        time.sleep(seconds)
    return stream.getvalue()


def test_on_a_terminal_one_line_counts_the_seconds_and_is_cleared() -> None:
    """So that what follows begins on an empty line."""
    assert re.fullmatch(r"(\rIt starts … 0 s){2,}\r\x1b\[K", shown(Terminal()))


def test_in_a_pipe_there_is_a_line_now_and_then() -> None:
    """And none where it is done soon."""
    assert re.fullmatch(r"(It starts … 0 s\n){2,}", shown(io.StringIO()))
    assert shown(io.StringIO(), seconds=0.0) == ""


def test_a_terminal_that_was_closed_ends_nothing() -> None:
    """The work goes on."""
    assert shown(Closed()) == ""
