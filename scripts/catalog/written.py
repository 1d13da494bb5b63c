"""Folders of generated files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folder:
    """A folder in which all files that match `pattern` are generated, except those in `by_hand`."""

    path: Path
    pattern: str
    wanted: dict[str, str]
    """The files by name."""
    by_hand: tuple[str, ...] = ()

    def stale(self) -> list[Path]:
        """The files that are missing, superfluous or out of date."""
        present = {
            path.name: path.read_text(encoding="utf-8")
            for path in self.path.glob(self.pattern)
            if path.name not in self.by_hand
        }
        names = sorted(self.wanted.keys() | present.keys())
        return [self.path / name for name in names if self.wanted.get(name) != present.get(name)]

    def write(self) -> None:
        """Write what is missing or out of date, and delete what is superfluous."""
        self.path.mkdir(parents=True, exist_ok=True)
        for path in self.stale():
            if path.name in self.wanted:
                path.write_text(self.wanted[path.name], encoding="utf-8")
            else:
                path.unlink()
