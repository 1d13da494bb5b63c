"""Runs many cells of this pytest run at a time: mostly they wait, and need little of the processor.

pytest-xdist gives each worker its own tests, one after the other. So the first worker that gets a cell runs all cells
of this run, in threads, and leaves the observations in a folder that all workers share; each test takes its own from
there.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.faults.observation import Observation
from tests.faults.program import program_inputs
from tests.faults.stage import Stage
from tests.faults.table import Cell

AT_A_TIME = 10
_PATIENCE = 1500.0
"""Seconds for a cell to be started and run, on a busy machine."""


class Pool:
    """The cells of one run, for one worker of it.

    Args:
        folder: shared by all workers of this run, and by no other run.
        cells: all cells of the run, whichever worker has their tests.
    """

    def __init__(self, folder: Path, cells: Sequence[Cell]) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._threads: ThreadPoolExecutor | None = None
        self._running: list[Future[None]] = []
        if self._is_first():
            self._threads = ThreadPoolExecutor(AT_A_TIME, "fault-matrix")
            program_inputs()
            # The long ones first: at the end there would be nothing left to run beside them.
            for cell in sorted(cells, key=_waits, reverse=True):
                self._running.append(self._threads.submit(self._run, cell))

    def _is_first(self) -> bool:
        try:
            os.close(os.open(self._folder / "taken", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    def _run(self, cell: Cell) -> None:
        result: Observation | BaseException
        try:
            result = Stage(cell, self._folder / "processes" / cell.id).run()
        except Exception as error:  # noqa: BLE001 - the cell's own test raises it
            result = RuntimeError(f"the cell could not be run: {type(error).__name__}: {error}")
        unfinished = self._folder / f"{cell.id}.unfinished"
        unfinished.write_bytes(pickle.dumps(result))
        unfinished.rename(self._folder / f"{cell.id}.seen")

    def seen(self, cell: Cell) -> Observation:
        """The observation of `cell`, as soon as it has been run."""
        file = self._folder / f"{cell.id}.seen"
        deadline = time.monotonic() + _PATIENCE
        while not file.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{cell.id} was not run within {_PATIENCE:g} s")
            time.sleep(0.05)
        result = pickle.loads(file.read_bytes())
        if isinstance(result, BaseException):
            raise result
        assert isinstance(result, Observation)
        return result

    def close(self) -> None:
        """Wait for the cells that other workers still need."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)


def _waits(cell: Cell) -> float:
    """Roughly how long it takes, in seconds."""
    slow = float(cell.fault.arranged.get("plain", {}).get("async_delete_delay", 0))
    broken = 65.0 if any("has been Broken" in text for text in cell.not_ready) else 0.0
    crowd = 60.0 if "crowd" in cell.fault.arranged else 0.0
    for_good = 60.0 if cell.operation == "create" and "for good" in cell.fault.title else 0.0
    return max(min(slow, 90.0), broken, crowd, for_good, 20.0 if cell.operation == "create" else 0.0)
