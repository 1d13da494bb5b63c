"""Commands that change a stack ask first."""

from __future__ import annotations

import io
import sys

import pytest

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
