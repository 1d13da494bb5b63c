"""A stand-in for `pulumi`: a state in memory, and a record of what was done to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamkap_pulumi.stack.commands import Pulumi

SOURCE_TYPE = "pulumi-python:dynamic/streamkap:Source"
"""The type in states of any version: it never changes."""


@dataclass(frozen=True)
class InMemory(Pulumi):
    """Holds one document in the form of `pulumi stack export`."""

    folder: Path = Path()
    whole: dict[str, Any] = field(default_factory=dict)
    cleared: list[tuple[list[str], str]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)

    def exported(self) -> dict[str, Any]:
        return json.loads(json.dumps(self.whole))  # type: ignore[no-any-return]

    def history(self) -> list[dict[str, Any]]:
        return self.runs

    def import_stack(self, content: str) -> None:
        imported = json.loads(content)
        imported["deployment"].pop("pending_operations", None)
        self.whole.clear()
        self.whole.update(imported)

    def clear_pending_creates(self, urns: Any, root: str) -> None:
        """As the engine does: of two creates of a URN only the first."""
        self.cleared.append((list(urns), root))
        pending = self.whole["deployment"]["pending_operations"]
        for urn in urns:
            first = next((each for each in pending if each["resource"]["urn"] == urn), None)
            if first:
                pending.remove(first)
