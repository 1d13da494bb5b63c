"""Rules for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.faults.summary import pytest_terminal_summary

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["pytest_terminal_summary"]

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# What pytest itself puts where a mark or a call states no reason.
NO_REASON = {"", "unconditional skip", "<Skipped instance>"}


def refuse_silent_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skipped test, or an expected failure, without a stated reason fails."""
    if not report.skipped:
        return
    reason = getattr(report, "wasxfail", None)
    if reason is None:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = text.removeprefix("Skipped: ").removeprefix("Skipped")
    if reason.removeprefix("reason: ").strip() in NO_REASON:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} is skipped without a stated reason"
        report.__dict__.pop("wasxfail", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_silent_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_silent_skip(report)
    return report
