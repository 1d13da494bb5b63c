"""What a run prints about the fault matrix: how many cells it ran, and how many passed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

CELL = "fault matrix"
"""The property in a test's report that marks a cell."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After the tests, wherever they ran."""
    stats = terminalreporter.stats
    passed = _cells(stats.get("passed", ()))
    failed = _cells([*stats.get("failed", ()), *stats.get("error", ())])
    if not passed | failed:
        return
    from tests.faults.table import cells  # pytest rewrites it only once it is collected

    every = sum(1 for _ in cells())
    asked = len(passed | failed)
    rest = "" if asked == every else f" (of {every} in the long form, `make test-all`)"
    terminalreporter.write_line(f"fault matrix: {len(passed - failed)} of {asked} cells{rest}", bold=True)


def _cells(reports: Iterable[Any]) -> set[str]:
    return {value for report in reports for name, value in getattr(report, "user_properties", ()) if name == CELL}
