"""How a command that changes a stack is ended."""

from __future__ import annotations

import signal

import pytest

from streamkap_pulumi.cli import confirming


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
        with confirming.told_readably():
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
