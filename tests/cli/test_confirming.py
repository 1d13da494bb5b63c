"""Commands that change a stack ask first, and end in order."""

from __future__ import annotations

import io
import signal
import sys

import pytest

from streamkap_pulumi.cli import confirming
from streamkap_pulumi.cli.confirming import confirmed


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "meant"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_only_a_clear_yes_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, meant: bool
) -> None:
    """At a terminal; the question stands on standard error."""
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert confirmed("Do it?", yes=False) is meant
    assert capsys.readouterr().err == "Do it? [y/N] "


@pytest.mark.parametrize("stdin", [io.StringIO("y\n"), None])
def test_without_a_terminal_nothing_is_confirmed(monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO | None) -> None:
    """Also where a pipe says yes: --yes is meant for that."""
    monkeypatch.setattr(sys, "stdin", stdin)
    assert confirmed("Do it?", yes=False) is False
    assert confirmed("Do it?", yes=True) is True


@pytest.mark.parametrize(
    ("number", "ends_with"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit)],
)
def test_of_two_signals_of_one_moment_one_counts(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, ends_with: type[BaseException]
) -> None:
    """The second would cut off the end in order that the first has begun; a later one is heard."""
    now = [100.0]
    monkeypatch.setattr(confirming, "monotonic", lambda: now[0])
    before = signal.signal(number, signal.default_int_handler)
    try:
        with confirming.readable_errors():
            with pytest.raises(ends_with):
                signal.raise_signal(number)
            now[0] += 0.5
            signal.raise_signal(number)
            now[0] += 5
            with pytest.raises(ends_with):
                signal.raise_signal(number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
