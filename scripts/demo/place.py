"""Where the demo is, and how it reports that it cannot go on."""

from __future__ import annotations

from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
DEMO = CLONE / ".demo"
STACK = "demo"
STACK_FILE = CLONE / f"Pulumi.{STACK}.yaml"


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class PulumiFailedError(DemoError):
    """Pulumi itself ended with an error."""
