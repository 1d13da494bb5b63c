"""The fault matrix: each cell of `matrix.toml` is a test on the real provider process, over gRPC."""

from __future__ import annotations

import pytest

from tests.faults.judgement import faults_of
from tests.faults.pool import Pool
from tests.faults.summary import CELL
from tests.faults.table import Cell, cells

CELLS = [pytest.param(cell, id=cell.id, marks=() if cell.short else pytest.mark.long) for cell in cells()]


@pytest.mark.parametrize("cell", CELLS)
def test_what_happens_is_what_the_table_says(cell: Cell, pool: Pool, request: pytest.FixtureRequest) -> None:
    """And nothing is lost, doubled or leaked, whatever the fault is."""
    request.node.user_properties.append((CELL, cell.id))
    found = faults_of(cell, pool.seen(cell))
    assert not found, "\n".join([f"{cell.id}:", *found])
