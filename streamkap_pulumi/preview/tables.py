"""Tables and folded parts of a comment, none longer than it may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Budget:
    """A number of characters that is used up."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def takes(self, text: str) -> bool:
        """Whether `text` still fits; if so, it is counted."""
        fits = len(text) <= self._left
        self._left -= len(text) if fits else 0
        return fits


def table(head: Sequence[str], rows: Iterable[Sequence[str]], characters: int) -> list[str]:
    """Lines of a table whose cells are Markdown already. Rows that do not fit are counted below it."""
    lines = [_row(head), _row(["---"] * len(head))]
    budget, left_out = Budget(characters), 0
    for row in rows:
        line = _row(row)
        if left_out or not budget.takes(line):
            left_out += 1
        else:
            lines.append(line)
    if left_out:
        lines += ["", f"… and {left_out} more: see the output of the preview."]
    return [*lines, ""]


def folded(title: str, content: Sequence[str]) -> list[str]:
    """A part of which only `title` is seen at first."""
    return [f"<details><summary>{title}</summary>", "", *content, "", "</details>", ""]


def count(number: int, one: str, several: str = "") -> str:
    """``1 source``, ``2 sources``."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
