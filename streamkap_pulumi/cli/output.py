"""What commands print: pages, formatted for a terminal or for a pipe.

On a terminal there are colours, unless ``NO_COLOR`` is set or the terminal is dumb, and lines are folded at its width.
In a pipe the output is plain, one line per row, and nothing is cut off.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from streamkap_pulumi.cli.exit_codes import FailedError
from streamkap_pulumi.streams import write

_GAP = "  "


@dataclass(frozen=True)
class Part:
    """A piece of a page: plain for a pipe, and formatted for a terminal."""

    plain: str
    rich: RenderableType


@dataclass
class Page:
    """What a command prints, and its exit code."""

    parts: list[Part] = field(default_factory=list)
    code: int = 0

    def line(self, text: str = "", style: str = "") -> None:
        """Add a line."""
        self.parts.append(Part(text, Text(text, style)))

    def add(self, plain: str, rich: RenderableType) -> None:
        """Add something with one form for a pipe and another for a terminal."""
        self.parts.append(Part(plain, rich))


def json_page(value: Any, code: int = 0) -> Page:
    """A page of JSON: the same everywhere, so that what is copied from a terminal is JSON as well."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return Page([Part(text, Text(text, no_wrap=True, overflow="ignore"))], code)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as aligned text. An empty cell is a dash, so that words can be counted off; the last column is free."""
    cells = [list(head), *([cell or "-" for cell in row] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(head))]
    return "\n".join(
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def grid(head: Sequence[str], *, styles: Sequence[str] = (), ratios: Sequence[int] = ()) -> Table:
    """A table for a terminal, without lines around its cells."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=bool(ratios))
    for index, title in enumerate(head):
        table.add_column(
            title,
            style=styles[index] if styles else "",
            ratio=ratios[index] if ratios else None,
            overflow="fold",
        )
    return table


class Screen:
    """Standard output, be it a terminal or a pipe. What is written is shown by `flush`."""

    def __init__(self, stream: TextIO | None = None) -> None:
        # A process may be started without a standard output.
        self._stream: TextIO = stream or sys.stdout or io.StringIO()
        self.on_terminal = self._stream.isatty()
        self._text = io.StringIO()
        coloured = self.on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self.console = Console(
            file=self._text,
            force_terminal=self.on_terminal,
            color_system="auto" if coloured else None,
            width=None if self.on_terminal else 120,
            highlight=False,
            emoji=False,
            markup=False,
        )

    def show(self, page: Page) -> None:
        """Write a page."""
        for part in page.parts:
            if self.on_terminal:
                self.console.print(part.rich, soft_wrap=isinstance(part.rich, Text) and bool(part.rich.no_wrap))
            else:
                self._text.write(part.plain + "\n")

    def flush(self) -> None:
        """Show what was written since the last time. A reader that has gone away, such as ``head``, has seen enough.

        Raises:
            FailedError: it cannot be written.
        """
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        error = write(self._stream, text)
        if error and not isinstance(error, BrokenPipeError):
            raise FailedError(f"Standard output cannot be written to: {error.strerror}.")


def complain(text: str, choices: Sequence[str] = ()) -> None:
    """Report an error in one line on standard error, with a line for each of the choices."""
    lines = (f"streamkap: {' '.join(text.split())}", *(f"  {' '.join(choice.split())}" for choice in choices))
    note("\n".join(lines))


def note(text: str, end: str = "\n") -> None:
    """Report something beside the page, such as progress, on standard error."""
    write(sys.stderr, text + end)
