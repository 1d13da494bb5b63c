"""Runs the cells of the fault matrix, many at a time, each for its own test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.pool import Pool
from tests.faults.table import Cell


@pytest.fixture(scope="session")
def pool(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, provider_host: None
) -> Iterator[Pool]:
    """Runs every cell of this pytest run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    asked = [cell for item in request.session.items if (cell := _cell_of(item))]
    running = Pool(Path(shared) / "fault-matrix", asked)
    yield running
    running.close()


def _cell_of(item: pytest.Item) -> Cell | None:
    found = getattr(getattr(item, "callspec", None), "params", {}).get("cell")
    return found if isinstance(found, Cell) else None
