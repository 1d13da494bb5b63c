"""The commands that an example's README shows, run as they stand in a copy of the example."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path

from streamkap_pulumi.testing import Run
from streamkap_pulumi.testing.engine import isolated_environment
from tests.engine.stack import ENGINE, ROOT
from tests.shells import bash

LEFT_OUT = shutil.ignore_patterns(".venv", "__pycache__", ".pytest_cache")
TIMEOUT = 900
"""Seconds after which a section's commands have hung."""


@dataclass
class Example:
    """A copy of an example's folder, and the environment of somebody who tries it."""

    name: str
    scratch: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.scratch / self.name
        shutil.copytree(ROOT / "examples" / self.name, self.folder, ignore=LEFT_OUT)
        self.readme = (self.folder / "README.md").read_text(encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """An isolated Pulumi, and the settings that the README says to export."""
        # pytest of its own: what steers this run must not steer the example's tests.
        isolated = isolated_environment(self.scratch / "backend", (ENGINE,))
        return {key: value for key, value in isolated.items() if not key.startswith("PYTEST_")} | self.settings

    def sections(self) -> dict[str, str]:
        """Title to text."""
        _, *parts = re.split(r"^## (.+)$", self.readme, flags=re.MULTILINE)
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def blocks(self, title: str, *languages: str) -> list[str]:
        """The blocks of a section in these languages, in order."""
        found = re.findall(r"```(\w+)\n(.*?)```", self.sections()[title], re.DOTALL)
        return [block for language, block in found if language in languages]

    def commands(self, title: str) -> str:
        """The commands of a section, with the comments that explain them."""
        return "".join(self.blocks(title, "bash"))

    def run(self, title: str, block: int | None = None) -> Run:
        """Run all commands of a section, or one block of it, in one shell, until one fails."""
        return self.shell(self.commands(title) if block is None else self.blocks(title, "bash")[block])

    def walk(self) -> Run:
        """Run the whole page in one shell, as a newcomer does; its `…` are filled in from the settings.

        An emulator that the page starts gets a port that is free, and ends with the shell.
        """
        page = "".join(self.commands(title) for title in self.sections()).replace("8080", str(_free_port()))
        filled = re.sub(r"(\w+)=…", lambda left: f"{left[1]}={shlex.quote(self.settings[left[1]])}", page)
        return self.shell(f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{filled}")

    def shell(self, commands: str) -> Run:
        """Run commands in one shell, until one fails."""
        environment = {**self.environment, "PULUMI_SKIP_CONFIRMATIONS": "true", "TERM": "dumb"}
        done = bash(f"set -u\n{commands}", self.folder, environment, timeout=TIMEOUT, merged=True)
        return Run(done.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", done.stdout))

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file of the copy as a user would."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def local_settings(url: str, client_id: str, secret: str) -> dict[str, str]:
    """What a user of the emulator exports."""
    return {"STREAMKAP_HOST": url, "STREAMKAP_CLIENT_ID": client_id, "STREAMKAP_SECRET": secret}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
