"""No cell passes if its fault never happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.judgement import faults_of
from tests.faults.observation import Observation
from tests.faults.stage import Stage
from tests.faults.table import OPERATIONS, Cell, cells

SHORT = {("source", operation) for operation in OPERATIONS if operation != "get_source"} | {("tag", "create")}
EACH = [
    pytest.param(*each, marks=() if each in SHORT else pytest.mark.long)
    for each in dict.fromkeys((cell.kind, cell.operation) for cell in cells())
]
"""Each kind's operations that have a cell."""


def without(cell: Cell, *arrangements: str) -> Cell:
    """The cell without a part of its fault; without all of it when no part is named."""
    kept = {key: value for key, value in cell.fault.arranged.items() if arrangements and key not in arrangements}
    return replace(cell, fault=replace(cell.fault, arranged=kept))


@pytest.fixture
def undisturbed(kind: str, operation: str, tmp_path: Path, provider_host: None) -> Observation:
    """The operation when nothing goes wrong."""
    some = next(cell for cell in cells() if (cell.kind, cell.operation) == (kind, operation))
    return Stage(without(some), tmp_path).run()


@pytest.mark.parametrize(("kind", "operation"), EACH)
def test_every_cell_fails_when_nothing_goes_wrong(kind: str, operation: str, undisturbed: Observation) -> None:
    """Each cell of the operation, compared with a run without any fault."""
    assert undisturbed.broken() == []
    asked = [cell for cell in cells() if (cell.kind, cell.operation) == (kind, operation)]
    proving_nothing = [cell.id for cell in asked if faults_of(cell, undisturbed) == []]
    assert asked
    assert proving_nothing == [cell.id for cell in asked if cell.fault.id == "wait-gateway"]


WITHOUT = {
    ("429-token-refresh", "token"): "0 requests met rate_limit, which was arranged for 2 at least",
    ("502-before-refresh", "request"): "0 requests met gateway_before_commit, which was arranged for 1 at least",
    ("401-mid-run-update", "anything"): "1 tokens were requested, not 2",
    ("secrets-null-update", "plain"): "0 requests met secret_null_echo, which was arranged for 1 at least",
    ("403-get", "credentials"): "the credentials were not those of reader",
    ("missing-404-delete", "before"): "the source existed when it began",
    ("put-while-pending-update", "meanwhile"): "nobody acted meanwhile",
    ("dns-refresh", "host"): "it succeeded",
    ("paging-totals-create", "before"): "no list had a second page",
    ("fifty-refresh", "crowd"): "there were 1 sources",
    ("fifty-refresh", "anything"): "no answer was 429",
}
"""What is reported without a part of a fault: one of each kind of arrangement."""


@pytest.mark.usefixtures("provider_host")
@pytest.mark.parametrize(
    ("name", "part"),
    [pytest.param(*each, marks=() if number < 3 else pytest.mark.long) for number, each in enumerate(WITHOUT)],
)
def test_a_cell_fails_without_a_part_of_its_fault(name: str, part: str, tmp_path: Path) -> None:
    """Run for real, with everything else arranged as before."""
    cell = next(each for each in cells() if each.id == name)
    assert part in cell.fault.arranged
    assert WITHOUT[name, part] in "\n".join(faults_of(cell, Stage(without(cell, part), tmp_path).run()))
