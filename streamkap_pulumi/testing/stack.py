"""`Stack`: a throw-away stack of the real `pulumi`, in folders of its own."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.pulumi_cli import program
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE, resource_name
from streamkap_pulumi.testing.engine import find_engine, isolated_environment
from streamkap_pulumi.testing.runs import Run

if TYPE_CHECKING:
    from typing_extensions import Self

TIMEOUT = 240
"""Seconds after which a command has hung."""


@dataclass
class Stack:
    """One stack of one project: a program in `folder`, its state in files under `backend`.

    It is logged in nowhere, and knows nothing of the caller's own Pulumi: neither account nor stack nor passphrase.
    Making it runs ``pulumi stack init``; raises `EngineNotFoundError` where there is no `pulumi`. Stacks with the
    same `backend` can refer to each other, as ``organization/<project>/<name>``.
    """

    folder: Path
    """Where the program is. Without a Pulumi.yaml it becomes an empty Python project."""
    backend: Path
    """Where states are kept, and what `pulumi` needs a home for."""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    """Variables for the program, on top of the caller's; they may hold secrets."""
    project: str = "infra"
    """The project's name, as in Pulumi.yaml."""
    name: str = "dev"
    """The stack's name."""
    engine_folders: tuple[Path, ...] = ()
    """Where to look for `pulumi` before PATH."""

    def __post_init__(self) -> None:
        self._pulumi = find_engine(self.engine_folders)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.backend.mkdir(parents=True, exist_ok=True)
        project = self.folder / "Pulumi.yaml"
        if not project.exists():
            project.write_text(f"name: {self.project}\nruntime: python\n", encoding="utf-8")
        self.pulumi("stack", "init", self.name).succeeded()

    def program(self, text: str) -> Self:
        """Make `text` the stack's program, ``__main__.py``; indentation that all lines share is dropped."""
        (self.folder / "__main__.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return self

    def edit(self, file: str, old: str, new: str) -> Self:
        """Change one place of a file of the project; `old` must be there. It is the stack's own copy."""
        __tracebackhide__ = True
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise AssertionError(f"{old!r} is not in {file}:\n{text}")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return self

    def configure(self, key: str, value: str, *, secret: bool = False) -> Self:
        """Set a key of the stack's configuration."""
        return self.configure_all(**{"secrets" if secret else "plain": {key: value}})

    def configure_all(self, plain: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None) -> Self:
        """Set many keys of the stack's configuration with one command, `secrets` encrypted."""
        both = (("--plaintext", plain or {}), ("--secret", secrets or {}))
        pairs = [part for flag, values in both for key, value in values.items() for part in (flag, f"{key}={value}")]
        if pairs:
            self.pulumi("config", "set-all", *pairs).succeeded()
        return self

    def unset(self, key: str) -> Self:
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
        """`pulumi preview --json`, decoded; raises `AssertionError` where it prints no JSON."""
        __tracebackhide__ = True
        run = self.pulumi("preview", "--json")
        # What goes to standard error stands before it or after it.
        start = re.search(r"^\{$", run.text, re.MULTILINE)
        try:
            run.json, _ = json.JSONDecoder().raw_decode(run.text, start.start() if start else 0)
        except ValueError:
            raise AssertionError(f"`pulumi preview --json` printed no JSON:\n{run.text}") from None
        return run

    def refresh(self, *arguments: str) -> Run:
        """`pulumi refresh`."""
        return self.pulumi("refresh", "--yes", "--skip-preview", "--diff", *arguments)

    def destroy(self) -> Run:
        """`pulumi destroy`."""
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def rests(self) -> Self:
        """Nothing is to be done: neither does a refresh find anything, nor the `up` after it."""
        __tracebackhide__ = True
        self.up("--refresh", "--expect-no-changes").succeeded()
        return self

    def rests_at_every_step(self) -> Self:
        """The same, one by one: `up`, refresh, preview."""
        __tracebackhide__ = True
        self.up("--expect-no-changes").succeeded()
        self.refresh("--expect-no-changes").succeeded()
        self.pulumi("preview", "--expect-no-changes").succeeded()
        return self

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs, secrets masked unless they are asked for."""
        shown = ["--show-secrets"] if secrets else []
        return dict(json.loads(self.pulumi("stack", "output", "--json", *shown).succeeded().text))

    def state(self) -> str:
        """The stack's state file, as it lies on the disk."""
        return (self.backend / ".pulumi" / "stacks" / self.project / f"{self.name}.json").read_text(encoding="utf-8")

    def sources(self) -> dict[str, dict[str, Any]]:
        """The sources in state, by resource name, secrets in clear."""
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets").succeeded().text)
        return {
            resource_name(resource["urn"]): resource
            for resource in exported["deployment"].get("resources", [])
            if resource["type"] == SOURCE_TYPE
        }

    def pulumi(self, *arguments: str) -> Run:
        """Any command of `pulumi`; raises `AssertionError` when it does not end within `TIMEOUT`."""
        __tracebackhide__ = True
        with self.start(*arguments) as running:
            try:
                text, _ = running.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired as expired:
                running.kill()
                raise AssertionError(
                    f"`pulumi {' '.join(arguments[:1])}` did not end within {TIMEOUT} seconds:\n{expired.output}"
                ) from None
            except BaseException:
                running.kill()
                raise
        return Run(running.returncode, program.plain(text))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Any command of `pulumi`, without waiting for its end."""
        environment = self.environment_of_commands()
        return program.start(
            self._pulumi, arguments, self.folder, environment=environment, stderr=subprocess.STDOUT, alone=False
        )

    def environment_of_commands(self) -> dict[str, str]:
        """The environment in which commands run."""
        return isolated_environment(self.backend, self.engine_folders) | self.environment
