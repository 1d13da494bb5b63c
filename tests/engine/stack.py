"""A stack of its own for one test: a program, the real `pulumi`, a backend in a folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / ".engine" / "bin"
PASSPHRASE = "a passphrase for tests"
TIMEOUT = 240
"""Seconds after which a command has hung."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Run:
    """A finished command: its exit code, and all that a terminal would have shown."""

    code: int
    text: str
    json: Any = None

    def succeeded(self) -> Run:
        """This run, which must have succeeded."""
        assert self.code == 0, f"exit code {self.code}:\n{self.text}"
        return self

    def failed(self) -> Run:
        """This run, which must have failed, and in words for users: no traceback."""
        assert self.code != 0, f"it succeeded:\n{self.text}"
        assert "Traceback" not in self.text, self.text
        return self

    def shows(self, *texts: str) -> Run:
        """This run, which must have shown each of `texts`; how lines were broken does not matter."""
        flat = " ".join(self.text.split())
        for text in texts:
            assert " ".join(text.split()) in flat, f"{text!r} is not in:\n{self.text}"
        return self

    def hides(self, *texts: str) -> Run:
        """This run, which must have shown none of `texts`."""
        for text in texts:
            assert text not in self.text, f"{text!r} is in:\n{self.text}"
        return self


@dataclass
class Stack:
    """One stack of one project, in folders of its own."""

    folder: Path
    backend: Path
    environment: dict[str, str] = field(default_factory=dict)
    project: str = "infra"
    name: str = "dev"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.backend.mkdir(parents=True, exist_ok=True)
        (self.folder / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: python\n", encoding="utf-8")
        self.pulumi("stack", "init", self.name).succeeded()

    def program(self, text: str) -> Stack:
        """Make `text` the stack's program. `pulumi`, `streamkap` and `config` are there already."""
        head = "import pulumi\nimport streamkap_pulumi as streamkap\nconfig = pulumi.Config()\n"
        (self.folder / "__main__.py").write_text(head + textwrap.dedent(text), encoding="utf-8")
        return self

    def configure(self, key: str, value: str, *, secret: bool = False) -> Stack:
        """Set a key of the stack's configuration."""
        self.pulumi("config", "set", *(["--secret"] if secret else []), key, value).succeeded()
        return self

    def unset(self, key: str) -> Stack:
        """Take a key out of the stack's configuration."""
        self.pulumi("config", "rm", key).succeeded()
        return self

    def up(self, *arguments: str) -> Run:
        """`pulumi up`, without the preview before it."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str) -> Run:
        """`pulumi preview --diff`."""
        return self.pulumi("preview", "--diff", *arguments)

    def preview_json(self) -> Run:
        """`pulumi preview --json`, decoded."""
        run = self.pulumi("preview", "--json")
        run.json = json.loads(run.text[run.text.index("{") :])
        return run

    def refresh(self, *arguments: str) -> Run:
        """`pulumi refresh`."""
        return self.pulumi("refresh", "--yes", "--skip-preview", "--diff", *arguments)

    def destroy(self) -> Run:
        """`pulumi destroy`."""
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def rests(self) -> Stack:
        """Nothing is to be done: neither does a refresh find anything, nor the `up` after it."""
        self.up("--refresh", "--expect-no-changes").succeeded()
        return self

    def rests_at_every_step(self) -> Stack:
        """The same, one by one: `up`, refresh, preview."""
        self.up("--expect-no-changes").succeeded()
        self.refresh("--expect-no-changes").succeeded()
        self.pulumi("preview", "--expect-no-changes").succeeded()
        return self

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets masked."""
        return dict(json.loads(self.pulumi("stack", "output", "--json").succeeded().text))

    def state(self) -> str:
        """The stack's state file, as it lies on the disk."""
        return (self.backend / ".pulumi" / "stacks" / self.project / f"{self.name}.json").read_text(encoding="utf-8")

    def sources(self) -> dict[str, dict[str, Any]]:
        """The sources in state, by resource name, secrets in clear."""
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets").succeeded().text)
        return {
            resource["urn"].rsplit("::", 1)[1]: resource
            for resource in exported["deployment"].get("resources", [])
            if resource["type"] == "pulumi-python:dynamic/streamkap:Source"
        }

    def pulumi(self, *arguments: str) -> Run:
        """Any command of `pulumi`."""
        with self.start(*arguments) as running:
            try:
                text, _ = running.communicate(timeout=TIMEOUT)
            except BaseException:
                running.kill()
                raise
        return Run(running.returncode, _COLOURS.sub("", text))

    def shell(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of bash in the stack's folder, with `pulumi` and `streamkap` on its path."""
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment_of_commands() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Any command of `pulumi`, without waiting for its end."""
        return subprocess.Popen(
            [str(ENGINE / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment_of_commands(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment_of_commands(self) -> dict[str, str]:
        """The environment in which commands run."""
        # Without PYTHONDONTWRITEBYTECODE, where it is set: each command would compile our modules anew.
        foreign = ("STREAMKAP_", "PULUMI_", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        return kept | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(ENGINE), os.environ.get("PATH", "")]),
            "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_HOME": str(self.backend / "home"),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            **self.environment,
        }
