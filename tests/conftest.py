"""Rules for every test."""

from __future__ import annotations

import asyncio
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from streamkap_pulumi.api.interruption import Interruption
from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import ENGINE
from tests.faults.summary import pytest_terminal_summary

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["pytest_terminal_summary"]

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# What pytest itself puts where a mark or a call states no reason.
NO_REASON = {"", "unconditional skip", "<Skipped instance>"}

LONGEST = ("test_nothing_is_lost_doubled_or_leaked_in_long_histories", "test_kills_at_any_moment")
"""Tests of many minutes, the longest first. No worker is to be left with one of them at the end."""

UNMEASURED = ("tests/docs/", "tests/examples/", "tests/package/", "tests/setup/", "tests/testing/")
"""Tests whose programs are not counted in coverage, nor are those of the long tests: see `what_others_measure`."""

RUN_BY_MAKE_TEST = ("engine", "provider_host", "package_index")
"""Fixtures that stand for what `make quick` does without; a test that uses one has the mark `engine`."""

SPARE_LOOPS: list[asyncio.AbstractEventLoop] = []
"""Never closed: work of Outputs may be left in them, as in the one that a program has."""


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


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs more than this Python."""
    if not set(RUN_BY_MAKE_TEST).isdisjoint(getattr(item, "fixturenames", ())):
        item.add_marker("engine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have each worker begin with some of `LONGEST`, and the first one with nothing but the longest.

    pytest-xdist hands each worker a stretch of the list, and lets those that are done take from the others' ends.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    rest = [item for item in items if not item.name.startswith(LONGEST)]
    longest = sorted(
        (item for item in items if item.name.startswith(LONGEST)),
        key=lambda item: [item.name.startswith(name) for name in LONGEST],
        reverse=True,
    )
    others = range(workers - 1)
    stretches = [longest[:1], *(longest[1 + k :: len(others)] for k in others)] if others else [longest]
    left = len(items)
    items.clear()
    for worker, stretch in enumerate(stretches):
        size = left // (workers - worker)
        left -= size
        more = max(0, size - len(stretch))
        items += stretch + rest[:more]
        rest = rest[more:]


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


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder of the real `pulumi`, from `make engine`. A test that runs it asks for this."""
    if not (ENGINE / "pulumi").exists():
        pytest.fail(f"there is no engine in {ENGINE}: run `make engine`", pytrace=False)
    return ENGINE


@pytest.fixture(scope="session")
def provider_host() -> None:
    """A test asks for this if it runs the provider in a process of its own, as the engine does."""


@pytest.fixture(scope="session")
def package_index() -> None:
    """A test asks for this if it installs packages."""


@pytest.fixture(autouse=True)
def an_event_loop() -> None:
    """Pulumi's Outputs need one, and a test before may have left none: so does `asyncio.run`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            loop = asyncio.get_event_loop()
        except RuntimeError:
            loop = asyncio.new_event_loop()
    if loop.is_closed():
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    if loop not in SPARE_LOOPS:
        # Also the one that was created by asking for it: `asyncio.run` in a test lets go of it, unclosed.
        SPARE_LOOPS.append(loop)


@pytest.fixture(autouse=True)
def what_others_measure(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring costs a third of the time of each run of `pulumi`: not where the short tests run the same, too."""
    if request.node.nodeid.startswith(UNMEASURED) or request.node.get_closest_marker("long"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
def retry_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that retries and turns of the API client ask to wait, in order. None of them passes."""
    waits: list[float] = []

    def wait(_: Interruption, seconds: float) -> None:
        waits.append(seconds)
        time.sleep(0)  # Other threads get their turn, as in a real wait.

    monkeypatch.setattr(Interruption, "sleep", wait)
    return waits


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """One for all tests of a run: stopping one takes a fifth of a second."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """An emulator with nothing in it, in which nothing takes time."""
    running_emulator.reset()
    running_emulator.faults(status_delay=0, async_delete_delay=0)
    return running_emulator
