"""The fault matrix as data: `matrix.toml`, read and checked."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.faults.kinds import KINDS, Staged

MATRIX = Path(__file__).with_name("matrix.toml")

OPERATIONS: Mapping[str, str] = {
    "create": "create",
    "refresh": "refresh",
    "update": "update",
    "pause": "pause",
    "deploy": "deploy",
    "delete": "delete",
    "get": "`Source.get`",
    "get_source": "`get_source`",
}
"""The columns, and their titles on the page."""

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "actions": ("pause", "deploy"),
    "changes": ("update", "pause", "deploy", "delete"),
    "writes": ("create", "update", "pause", "deploy", "delete"),
    "reads": ("refresh", "get"),
    "all": ("create", "refresh", "update", "pause", "deploy", "delete", "get"),
}
"""Names for several columns, the narrowest first: the narrowest that is given wins."""

_EXPECTATIONS = {
    "succeeds", "fails", "done", "writes", "not_ready", "reports", "status", "finds", "again", "reason", "note",
    "unmet",
}  # fmt: skip
_ARRANGEMENTS = {
    "request", "anything", "token", "gets", "plain", "times", "after", "settings", "host", "credentials", "before",
    "meanwhile", "timeouts", "crowd", "most_requests", "logins", "answered",
}  # fmt: skip
_SWITCHED = ("request", "anything", "token", "gets", "plain")
_OTHERS = {f"{kind}-{operation}": (kind, operation) for kind in KINDS for operation in OPERATIONS if kind != "source"}
"""The cells that a row may have beside those of sources, as it names them."""
_OF_A_FAULT = {"id", "title", "how", "part", "short", "also", "unmet", *_ARRANGEMENTS, *OPERATIONS, *_GROUPS, *_OTHERS}


class TableError(Exception):
    """The table says something that no test can prove."""


@dataclass(frozen=True)
class Cell:
    """What one operation does under one fault.

    Either `reason` says why there is nothing to test, or the others say what happens: `fails` the strings that the
    error contains (empty: it succeeds), `done` whether Streamkap carried it out (None: either), `writes` how many
    requests of its own kind were sent, at least and at most.
    """

    fault: Fault
    operation: str
    reason: str = ""
    fails: tuple[str, ...] = ()
    done: bool | None = True
    writes: tuple[int, int] = (0, 0)
    not_ready: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    status: str = ""
    finds: str = ""
    again: tuple[str, ...] = ()
    """What the error of the next run contains, once the fault is over; empty: that run puts everything right."""
    note: str = ""
    unmet: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The switches that are set although the operation never meets them, each with the reason."""
    short: bool = False
    kind: str = "source"
    """The noun of the objects that it is about."""

    @property
    def id(self) -> str:
        return f"{self.fault.id}-{self.operation if self.kind == 'source' else f'{self.kind}-{self.operation}'}"

    @property
    def staged(self) -> Staged:
        return KINDS[self.kind]


@dataclass(frozen=True)
class Fault:
    """A row: what goes wrong, and how it is arranged."""

    id: str
    title: str
    how: str
    part: str
    arranged: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, Cell] = field(default_factory=dict, compare=False)
    """Those of sources, by operation."""
    also: tuple[Cell, ...] = field(default=(), compare=False)
    """Those of other kinds."""

    def __hash__(self) -> int:
        return hash(self.id)


@cache
def faults() -> tuple[Fault, ...]:
    """All rows, in the order of the file.

    Raises:
        TableError: a row or a cell is incomplete, or has an unknown word.
    """
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    table = toml.loads(MATRIX.read_text(encoding="utf-8"))
    found = tuple(_fault(row) for row in table["fault"])
    ids = [fault.id for fault in found]
    if doubled := {name for name in ids if ids.count(name) > 1}:
        raise TableError(f"more than one fault has the id {', '.join(sorted(doubled))}")
    return found


def cells(*, short: bool = False) -> Iterator[Cell]:
    """All cells that are tests; with `short` those of the short form."""
    for fault in faults():
        for cell in (*fault.cells.values(), *fault.also):
            if not cell.reason and (cell.short or not short):
                yield cell


def _fault(row: Mapping[str, Any]) -> Fault:
    name = row.get("id", "?")
    if unknown := set(row) - _OF_A_FAULT:
        raise TableError(f"{name}: {', '.join(sorted(unknown))} is unknown")
    arranged = {key: row[key] for key in _ARRANGEMENTS if key in row}
    fault = Fault(row["id"], row["title"], row.get("how", ""), row["part"], arranged)
    short = row.get("short", ())
    row_cells = {operation: _cell(fault, operation, row, operation in short) for operation in OPERATIONS}
    also = {each: _cell_of_another_kind(fault, each, row, each in short) for each in row.get("also", ())}
    tests = {key for key, cell in (row_cells | also).items() if not cell.reason}
    if wrong := [each for each in short if each not in tests]:
        raise TableError(f"{name}: {', '.join(wrong)} is in the short form, but is not a test")
    if wrong := [each for each in _OTHERS if each in row and each not in tests]:
        raise TableError(f"{name}: {', '.join(wrong)} is not in `also`")
    return replace(fault, cells=row_cells, also=tuple(also.values()))


def _cell_of_another_kind(fault: Fault, name: str, row: Mapping[str, Any], short: bool) -> Cell:
    """The cell of the same operation on an object of another kind, which the row says of sources if of nothing else."""
    kind, operation = _OTHERS.get(name, ("", ""))
    if not kind or operation not in KINDS[kind].operations:
        raise TableError(f"{fault.id}: there is no {name}")
    said = KINDS[kind].said
    arranged = replace(fault, arranged=said(fault.arranged))
    words = {key: said(value) for key, value in row.items() if key in {*OPERATIONS, *_GROUPS, "unmet"}}
    if name in row:
        words[operation] = row[name]
    cell = replace(_cell(arranged, operation, words, short), kind=kind)
    if cell.reason:
        raise TableError(f"{fault.id}-{name} is not a test: {cell.reason}")
    return cell


def _cell(fault: Fault, operation: str, row: Mapping[str, Any], short: bool) -> Cell:
    place = f"{fault.id}-{operation}"
    names = [operation, *(group for group, members in _GROUPS.items() if operation in members)]
    said: Mapping[str, Any] = next((row[name] for name in names if name in row), {})
    if not said and operation == "get_source":
        return Cell(fault, operation, reason="requests what `Source.get` does")
    if unknown := set(said) - _EXPECTATIONS:
        raise TableError(f"{place}: {', '.join(sorted(unknown))} is unknown")
    if "reason" in said:
        return Cell(fault, operation, reason=said["reason"])
    if not said:
        raise TableError(f"{place}: the table does not say what happens")
    unmet = {**row.get("unmet", {}), **said.get("unmet", {})}
    set_here = {name for scope in _SWITCHED for name in fault.arranged.get(scope, {})}
    if groundless := [name for name, why in unmet.items() if not why or name not in set_here]:
        raise TableError(f"{place}: {', '.join(groundless)} is listed as unmet, but has no reason or is not set")
    fails = _strings(said.get("fails"))
    if bool(fails) == bool(said.get("succeeds")):
        raise TableError(f"{place}: it must either succeed or fail with a string")
    reads = operation in {"refresh", "get", "get_source"}
    writes = said.get("writes", 0 if reads else 1)
    done = said.get("done", "yes" if not fails else "no")
    return Cell(
        fault,
        operation,
        fails=fails,
        done={"yes": True, "no": False, "either": None}[done],
        writes=(writes, writes) if isinstance(writes, int) else (writes[0], writes[1]),
        not_ready=_strings(said.get("not_ready")),
        reports=_strings(said.get("reports")),
        status=said.get("status", ""),
        finds=said.get("finds", ""),
        again=_strings(said.get("again")),
        note=said.get("note", ""),
        unmet=unmet,
        short=short,
    )


def _strings(said: Any) -> tuple[str, ...]:
    if said is None or said == "":
        return ()
    return (said,) if isinstance(said, str) else tuple(said)
