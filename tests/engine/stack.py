"""A stack of its own for one test, on the engine of this checkout."""

from __future__ import annotations

import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Self

from streamkap_pulumi import testing
from streamkap_pulumi.testing import Run
from streamkap_pulumi.testing.engine import PASSPHRASE
from streamkap_pulumi.testing.stack import TIMEOUT
from tests.shells import bash

__all__ = ["ENGINE", "PASSPHRASE", "ROOT", "TIMEOUT", "Run", "Stack"]

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / ".engine" / "bin"


@dataclass
class Stack(testing.Stack):
    """The stack that users' tests have, on the engine that `make engine` puts into the checkout."""

    engine_folders: tuple[Path, ...] = (ENGINE,)

    def program(self, text: str) -> Self:
        """Make `text` the stack's program. `pulumi`, `streamkap` and `config` are there already."""
        head = "import pulumi\nimport streamkap_pulumi as streamkap\nconfig = pulumi.Config()\n"
        super().program(head + textwrap.dedent(text))
        return self

    def shell(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of bash in the stack's folder, with `pulumi` and `streamkap` on its path."""
        return bash(script, self.folder, self.environment_of_commands() | environment)
