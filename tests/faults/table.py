"""The fault matrix as data: `matrix.toml`, read and checked."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

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
"""The columns, and how a reader sees them."""

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "actions": ("pause", "deploy"),
    "changes": ("update", "pause", "deploy", "delete"),
    "writes": ("create", "update", "pause", "deploy", "delete"),
    "reads": ("refresh", "get"),
    "all": ("create", "refresh", "update", "pause", "deploy", "delete", "get"),
}
"""Names for several columns, the narrowest first: what is said of a narrower one stands instead."""

_EXPECTATIONS = {
    "succeeds", "fails", "done", "writes", "not_ready", "tells", "status", "finds", "again", "reason", "note", "unmet",
}  # fmt: skip
_ARRANGEMENTS = {
    "request", "anything", "token", "looks", "plain", "times", "after", "settings", "host", "credentials", "before",
    "meanwhile", "timeouts", "crowd", "most_requests", "logins", "answered",
}  # fmt: skip
_SWITCHED = ("request", "anything", "token", "looks", "plain")
_OF_A_FAULT = {"id", "title", "how", "part", "short", "unmet", *_ARRANGEMENTS, *OPERATIONS, *_GROUPS}


class TableError(Exception):
    """The table says something that no test could prove."""


@dataclass(frozen=True)
class Cell:
    """What one operation does under one fault.

    Either `reason` says why there is nothing to test, or the others say what is to be seen: `fails` the texts that the
    error holds (empty: it succeeds), `done` whether it took place in Streamkap (None: either), `writes` how many
    requests of its own kind were sent, at least and at most.
    """

    fault: Fault
    operation: str
    reason: str = ""
    fails: tuple[str, ...] = ()
    done: bool | None = True
    writes: tuple[int, int] = (0, 0)
    not_ready: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    status: str = ""
    finds: str = ""
    again: tuple[str, ...] = ()
    """What the error of the next run holds, the fault being over; empty: that run puts everything right."""
    note: str = ""
    unmet: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The switches that are set and that the operation never meets, each with the reason."""
    short: bool = False

    @property
    def id(self) -> str:
        return f"{self.fault.id}-{self.operation}"


@dataclass(frozen=True)
class Fault:
    """A row: what goes wrong, and how that is arranged."""

    id: str
    title: str
    how: str
    part: str
    arranged: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, Cell] = field(default_factory=dict, compare=False)

    def __hash__(self) -> int:
        return hash(self.id)


@cache
def faults() -> tuple[Fault, ...]:
    """All rows, in the order of the file.

    Raises:
        TableError: a row or a cell is not complete, or has a word that means nothing.
    """
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    table = toml.loads(MATRIX.read_text(encoding="utf-8"))
    found = tuple(_fault(row) for row in table["fault"])
    ids = [fault.id for fault in found]
    if repeated := {name for name in ids if ids.count(name) > 1}:
        raise TableError(f"more than one fault is called {', '.join(sorted(repeated))}")
    return found


def cells(*, short: bool = False) -> Iterator[Cell]:
    """All cells that are tests; with `short` those of the short form."""
    for fault in faults():
        for cell in fault.cells.values():
            if not cell.reason and (cell.short or not short):
                yield cell


def _fault(row: Mapping[str, Any]) -> Fault:
    name = row.get("id", "?")
    if unknown := set(row) - _OF_A_FAULT:
        raise TableError(f"{name}: {', '.join(sorted(unknown))} means nothing")
    arranged = {key: row[key] for key in _ARRANGEMENTS if key in row}
    fault = Fault(row["id"], row["title"], row.get("how", ""), row["part"], arranged)
    short = row.get("short", ())
    told = {operation: _cell(fault, operation, row, operation in short) for operation in OPERATIONS}
    if wrong := [operation for operation in short if operation not in OPERATIONS or told[operation].reason]:
        raise TableError(f"{name}: {', '.join(wrong)} is no test, and stands in the short form")
    return Fault(fault.id, fault.title, fault.how, fault.part, arranged, told)


def _cell(fault: Fault, operation: str, row: Mapping[str, Any], short: bool) -> Cell:
    place = f"{fault.id}-{operation}"
    names = [operation, *(group for group, members in _GROUPS.items() if operation in members)]
    said: Mapping[str, Any] = next((row[name] for name in names if name in row), {})
    if not said and operation == "get_source":
        return Cell(fault, operation, reason="asks as `Source.get` does")
    if unknown := set(said) - _EXPECTATIONS:
        raise TableError(f"{place}: {', '.join(sorted(unknown))} means nothing")
    if "reason" in said:
        return Cell(fault, operation, reason=said["reason"])
    if not said:
        raise TableError(f"{place}: it is not said what happens")
    unmet = {**row.get("unmet", {}), **said.get("unmet", {})}
    set_here = {name for scope in _SWITCHED for name in row.get(scope, {})}
    if groundless := [name for name, why in unmet.items() if not why or name not in set_here]:
        raise TableError(f"{place}: {', '.join(groundless)} is said to be unmet, without a reason or without being set")
    fails = _texts(said.get("fails"))
    if bool(fails) == bool(said.get("succeeds")):
        raise TableError(f"{place}: it either succeeds or fails with a text")
    reads = operation in {"refresh", "get", "get_source"}
    writes = said.get("writes", 0 if reads else 1)
    done = said.get("done", "yes" if not fails else "no")
    return Cell(
        fault,
        operation,
        fails=fails,
        done={"yes": True, "no": False, "either": None}[done],
        writes=(writes, writes) if isinstance(writes, int) else (writes[0], writes[1]),
        not_ready=_texts(said.get("not_ready")),
        tells=_texts(said.get("tells")),
        status=said.get("status", ""),
        finds=said.get("finds", ""),
        again=_texts(said.get("again")),
        note=said.get("note", ""),
        unmet=unmet,
        short=short,
    )


def _texts(said: Any) -> tuple[str, ...]:
    if said is None or said == "":
        return ()
    return (said,) if isinstance(said, str) else tuple(said)
