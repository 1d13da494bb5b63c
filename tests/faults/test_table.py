"""The table itself: complete, readable, and what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import faults as page
from streamkap_pulumi.emulator.switches import SWITCHES
from tests.engine.stack import ROOT
from tests.faults import table
from tests.faults.kinds import KINDS
from tests.faults.stage import Stage
from tests.faults.table import Cell, Fault, TableError, cells, faults

GUARANTEES = ROOT / "docs" / "guarantees.md"


def test_the_page_is_what_the_generator_writes() -> None:
    """After a change of the table: `make faults`."""
    assert page.PAGE.read_text(encoding="utf-8") == page.page()


def test_the_guarantees_say_how_many_cells_there_are() -> None:
    """All cells of the long form."""
    said = " ".join(GUARANTEES.read_text(encoding="utf-8").split())
    assert f" in each of {len(list(cells()))} combinations of an operation and a fault;" in said


ASKED_FOR = {
    "DNS failure": ["dns"],
    "connect and read time-outs before and after the commit": [
        "connect-timeout", "read-timeout-before", "read-timeout-after",
    ],
    "reset mid-body": ["reset-mid-body"],
    "502/503/504 as HTML before and after the commit": [
        f"{status}-{when}" for status in (502, 503, 504) for when in ("before", "after")
    ],
    "empty 200": ["empty-200"],
    "truncated JSON": ["truncated-json"],
    "JSON of another shape": [f"wrong-shape-{shape}" for shape in ("list", "null", "text", "no-id")],
    "429 with seconds, with a date and without a header": ["429-seconds", "429-date", "429-silent"],
    "429 on the token": ["429-token"],
    "401 in mid-run": ["401-mid-run"],
    "401 for good": ["401-for-good", "401-token"],
    "403": ["403"],
    "clock skew": ["clock-ahead", "clock-behind"],
    "404 and empty-list answers for a missing id": ["missing-404", "missing-empty", "missing-null"],
    "400, 422 list and text": ["400", "422-list", "422-text"],
    '"already exists" first and after our own try': ["name-taken", "name-taken-by-us"],
    "async delete up to 90 s": ["delete-slow", "delete-slower"],
    "a delete that fails": ["delete-fails", "delete-fails-once"],
    "Pending Update": ["pending-update"],
    "Starting, Broken, Active": ["broken-recovers"],
    "Broken for good": ["broken-for-good"],
    "an unknown status": ["new-status", "new-status-for-good"],
    "paging that lies": ["paging-totals", "paging-short", "paging-twice"],
    "an object removed while paging": ["paging-removed"],
    "50 sources in parallel on one expiring token with a rate limit of 10 requests a second": ["fifty"],
}  # fmt: skip
"""What the matrix must cover at least, and the rows that do."""


def test_the_table_covers_what_it_must_cover() -> None:
    """None of these rows disappears unnoticed."""
    there = {fault.id for fault in faults()}
    assert {what for what, rows in ASKED_FOR.items() if not there.issuperset(rows)} == set()


def test_every_operation_has_a_cell_under_every_fault() -> None:
    """A test, or a reason why there is none."""
    for fault in faults():
        assert list(fault.cells) == list(table.OPERATIONS)
        assert any(not cell.reason for cell in (*fault.cells.values(), *fault.also)), fault.id
    assert all(
        cell.reason or cell.fails or cell.done is not False for fault in faults() for cell in fault.cells.values()
    )


def test_the_short_form_has_every_operation_and_every_part() -> None:
    """It is a sample of the whole table."""
    short = list(cells(short=True))
    assert {cell.operation for cell in short} == set(table.OPERATIONS) - {"get_source"}
    assert {cell.kind for cell in short} == set(KINDS)
    assert {cell.fault.part for cell in short} >= {fault.part for fault in faults()} - {"Lists", "Many at once"}


def test_every_arrangement_of_a_fault_exists() -> None:
    """Each name is a switch of the emulator, or an arrangement of the stage."""
    for fault in faults():
        for scope in ("request", "anything", "token", "gets", "plain"):
            assert set(fault.arranged.get(scope, {})) <= set(SWITCHES), fault.id
        for kind, prefix in (("before", "_before_"), ("meanwhile", "_when_")):
            if name := fault.arranged.get(kind):
                assert hasattr(Stage, prefix + name), fault.id


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("", "the table does not say what happens"),
        ('all = { succeeds = true, fails = "x" }', "it must either succeed or fail"),
        ("all = { done = 'yes' }", "it must either succeed or fail"),
        ("all = { succeeds = true, sucks = 1 }", "sucks is unknown"),
        ("all = { succeeds = true }\ncolour = 'red'", "colour is unknown"),
        ("all = { succeeds = true }\nalso = ['tag-pause']", "there is no tag-pause"),
        ("all = { succeeds = true }\ntag-get = { succeeds = true }", "tag-get is not in `also`"),
        ("all = { reason = 'why' }\nalso = ['tag-get']", "a-tag-get is not a test: why"),
        ("all = { succeeds = true }\nshort = ['get_source']", "get_source is in the short form, but is not a test"),
        ('all = { succeeds = true, unmet = { stuck = "why" } }', "stuck is listed as unmet"),
        ('all = { succeeds = true, unmet = { stuck = "" } }\nplain = { stuck = "on" }', "stuck is listed as unmet"),
    ],
)
def test_a_table_that_proves_nothing_is_refused(
    row: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell that says nothing, or two things, or has an unknown word."""
    file = tmp_path / "matrix.toml"
    file.write_text(f'[[fault]]\nid = "a"\ntitle = "A"\npart = "P"\n{row}\n', encoding="utf-8")
    monkeypatch.setattr(table, "MATRIX", file)
    faults.cache_clear()
    try:
        with pytest.raises(TableError, match=said):
            faults()
    finally:
        faults.cache_clear()


def test_a_cell_is_named_by_fault_and_operation() -> None:
    """So that a reader of the page finds its test."""
    fault = Fault("dns", "No name", "", "The network")
    assert Cell(fault, "create").id == "dns-create"
