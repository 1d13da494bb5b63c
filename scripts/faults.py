"""Write docs/faults.md, the page of the fault matrix, from tests/faults/matrix.toml.

python -m scripts.faults            write it
python -m scripts.faults --check    write nothing; fail when it is stale
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.faults.kinds import KINDS
from tests.faults.table import OPERATIONS, Cell, Fault, cells, faults

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "faults.md"

_HEAD = """\
<!-- Generated from tests/faults/matrix.toml by `make faults`; do not edit. -->

# The fault matrix

What each operation does when something goes wrong. Each cell is a test of
[`test_matrix.py`](../tests/faults/test_matrix.py), on the real provider process over gRPC, as Pulumi's engine
uses it, against the [emulator](emulator.md) over HTTP: {count} cells. `make test` runs {short} of them, `make test-all`
all. Some also run on the real engine
([`test_on_the_engine.py`](../tests/faults/test_on_the_engine.py)).

After every cell, whatever the fault is:

- at most one existing source has the name;
- whatever exists is in the state, or the error names it by its id or says that it may exist;
- the user sees no HTML page and no traceback, and the number of requests is limited;
- no secret is in the output, in the logs of every library at DEBUG, in what gRPC passes on, in the clear
  part of the state, or in the emulator's log of requests, in any encoding: neither a secret of the catalogue, nor one
  that only the program marks, nor a password in a connection string, nor the client secret, nor a token. Errors and
  traces echo everything that was sent;
- the next run after the fault puts everything right by itself, unless the table shows its error.

Each cell also proves that its fault was really there: requests met each switch of the emulator as often as it was set
for, or the page says why none does; the second token was requested, the list had a second page, the source was gone
when the operation began, somebody acted meanwhile. A cell that would pass without its fault fails.

The table is about sources. Its last column says which other kinds of objects have tests of the fault as well; below, a
line names their operations after their kind. What all kinds do alike is written once, so these are the faults where
the code or the API of a kind is its own.

**yes**: it succeeds. **fails**: the run fails with the error below. **waits**: the source is recorded, and the run
fails because it did not become ready. Empty: the fault does not apply to the operation, for the reason below.
"""

_DONE = {
    "create": ("created", "not created"),
    "update": ("changed", "as it was"),
    "pause": ("paused", "as it was"),
    "deploy": ("deployed", "as it was"),
    "delete": ("gone", "still there"),
}
_SENT = {"create": "POST", "update": "PUT", "pause": "POST", "deploy": "POST", "delete": "DELETE"}


def page() -> str:
    """The page's text."""
    parts = [
        _HEAD.format(count=sum(1 for _ in cells()), short=sum(1 for _ in cells(short=True))),
        "\n".join(_overview()),
    ]
    part = ""
    for fault in faults():
        if fault.part != part:
            part = fault.part
            parts.append(f"## {part}")
        parts.append("\n".join(_section(fault)))
    return "\n\n".join(text.strip() for text in parts) + "\n"


def _overview() -> Iterator[str]:
    yield f"| | {' | '.join(OPERATIONS.values())} | also for |"
    yield "|---" * (len(OPERATIONS) + 2) + "|"
    for fault in faults():
        verdicts = " | ".join(_verdict(fault.cells[operation]) for operation in OPERATIONS)
        also = ", ".join(kind + "s" for kind in KINDS if kind in {cell.kind for cell in fault.also})
        yield f"| [{fault.title}](#{_anchor(fault.title)}) | {verdicts} | {also} |"


def _verdict(cell: Cell) -> str:
    if cell.reason:
        return ""
    return "fails" if cell.fails else "waits" if cell.not_ready else "yes"


def _anchor(title: str) -> str:
    """The anchor that GitHub gives the heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _section(fault: Fault) -> Iterator[str]:
    yield f"### {fault.title}"
    yield ""
    if fault.how:
        yield fault.how
        yield ""
    rows: dict[str, list[Cell]] = {}
    reasons: dict[str, list[str]] = {}
    for operation, name in OPERATIONS.items():
        cell = fault.cells[operation]
        if cell.reason:
            reasons.setdefault(cell.reason, []).append(name)
        else:
            rows.setdefault(_row(cell), []).append(cell)
    for cell in fault.also:
        rows.setdefault(_row(cell), []).append(cell)
    yield "| operation | what the user sees | in Streamkap | sent | the next run |"
    yield "|---|---|---|---|---|"
    for row, its_cells in rows.items():
        yield f"| {_names(its_cells)} | {row} |"
    if excluded := [f"{', '.join(names)}: {reason}." for reason, names in reasons.items() if names != ["`get_source`"]]:
        yield ""
        yield f"Does not apply: {' '.join(excluded)}"
    if unmet := list(_unmet(fault)):
        yield ""
        yield f"Set but not met: {' '.join(unmet)}"


def _unmet(fault: Fault) -> Iterator[str]:
    """The switches that a cell sets although its operation never meets them, with the operations and the reason."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in (*fault.cells.values(), *fault.also):
        for each in cell.unmet.items():
            found.setdefault(each, []).append(cell)
    yield from (f"{_names(its_cells)}: `{switch}`, {why}." for (switch, why), its_cells in found.items())


def _names(found: list[Cell]) -> str:
    """The operations of sources, and then those of each other kind."""
    by_kind: dict[str, list[str]] = {}
    for cell in found:
        by_kind.setdefault(cell.kind, []).append(OPERATIONS[cell.operation])
    return "; ".join(("" if kind == "source" else f"{kind}: ") + ", ".join(by_kind[kind]) for kind in by_kind)


def _row(cell: Cell) -> str:
    return " | ".join([_seen(cell), _live(cell), _sent(cell), _next(cell)])


def _seen(cell: Cell) -> str:
    if cell.fails:
        text = f"Fails: {_quoted(cell.fails)}"
    elif cell.not_ready:
        text = f"Is recorded as {cell.status}, and the run fails: {_quoted(cell.not_ready)}"
        text = text.replace(" as *", "")
    elif cell.finds == "gone":
        text = "Takes it out of the state"
    else:
        text = "Succeeds"
    if cell.reports:
        text += f"; reports {_quoted(cell.reports)}"
    return f"{text}. {cell.note}".strip()


def _live(cell: Cell) -> str:
    if cell.operation not in _DONE:
        return "as it was"
    return {True: _DONE[cell.operation][0], False: _DONE[cell.operation][1], None: "either"}[cell.done]


def _sent(cell: Cell) -> str:
    if cell.operation not in _SENT:
        return "reads"
    least, most = cell.writes
    times = {0: "no", 1: "1"}.get(most, str(most)) if least == most else f"{least} to {most}"
    return f"{times} {_SENT[cell.operation]}"


def _next(cell: Cell) -> str:
    if cell.again:
        return f"Fails: {_quoted(cell.again)}"
    if cell.operation in {"get", "get_source"}:
        return ""
    if cell.not_ready:
        return "Checks again"
    if cell.fails:
        return "Succeeds"
    return "" if cell.operation == "delete" or cell.finds else "Nothing to do"


def _quoted(texts: tuple[str, ...]) -> str:
    return " … ".join(f"“{text.strip()}”" for text in texts).replace("|", "\\|")


def main() -> int:
    """Write the page if it is stale; with --check, only report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is stale")
    arguments = parser.parse_args()
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()
    if arguments.check:
        if stale:
            print(f"stale: {PAGE.relative_to(ROOT)}; run `make faults`", file=sys.stderr)
        return int(stale)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} {'written' if stale else 'is up to date'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
