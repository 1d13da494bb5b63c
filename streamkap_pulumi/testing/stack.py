"""`Stack`, a throw-away stack of the real `pulumi` in folders of its own, and `Run`, what a command printed."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.pulumi_cli import program
from streamkap_pulumi.pulumi_cli.words import resource_name
from streamkap_pulumi.testing.engine import find_engine, isolated_environment

if TYPE_CHECKING:
    from typing_extensions import Self

TIMEOUT = 240
"""Seconds after which a command counts as hung."""


@dataclass
class Run:
    """A finished command: its exit code, and everything that a terminal would have shown.

    Each assertion returns the run itself, so that they can be chained::

        stack.preview().succeeded().shows("1 to update").hides("hunter2")
    """

    code: int
    """The exit code of `pulumi`."""
    text: str
    """Standard output and standard error, interleaved, without colours."""
    json: Any = None
    """The decoded output of a command with ``--json``."""

    def succeeded(self) -> Run:
        """This run, which must have succeeded; raises `AssertionError` with the whole text otherwise."""
        __tracebackhide__ = True
        if self.code != 0:
            raise AssertionError(f"exit code {self.code}:\n{self.text}")
        return self

    def failed(self) -> Run:
        """This run, which must have failed with an error for users: no traceback."""
        __tracebackhide__ = True
        if self.code == 0:
            raise AssertionError(f"it succeeded:\n{self.text}")
        if "Traceback" in self.text:
            raise AssertionError(f"it failed with a traceback:\n{self.text}")
        return self

    def shows(self, *texts: str) -> Run:
        """This run, which must have shown each of `texts`; line breaks do not matter."""
        __tracebackhide__ = True
        flat = " ".join(self.text.split())
        for text in texts:
            if " ".join(text.split()) not in flat:
                raise AssertionError(f"{text!r} is not in:\n{self.text}")
        return self

    def hides(self, *texts: str) -> Run:
        """This run, which must have shown none of `texts`, such as secrets."""
        __tracebackhide__ = True
        for text in texts:
            if text in self.text:
                raise AssertionError(f"{text!r} is in:\n{self.text}")
        return self


@dataclass
class Stack:
    """One stack of one project: a program in `folder`, its state in files under `backend`.

    It does not use the caller's own Pulumi: no account, stack or passphrase. Creating it runs ``pulumi stack init``; it
    raises `EngineNotFoundError` where there is no `pulumi`. Stacks with the same `backend` can refer to each other, as
    ``organization/<project>/<name>``.
    """

    folder: Path
    """The project's folder. Without a Pulumi.yaml it becomes an empty Python project."""
    backend: Path
    """The folder of the states, and of the home of `pulumi`."""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    """Variables for the program, added to the caller's; they may hold secrets."""
    project: str = "infra"
    """The name in Pulumi.yaml."""
    name: str = "dev"
    """The stack's name."""
    engine_folders: tuple[Path, ...] = ()
    """Folders that are searched for `pulumi` before PATH."""

    def __post_init__(self) -> None:
        self._pulumi = find_engine(self.engine_folders)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.backend.mkdir(parents=True, exist_ok=True)
        project = self.folder / "Pulumi.yaml"
        if not project.exists():
            project.write_text(f"name: {self.project}\nruntime: python\n", encoding="utf-8")
        self.pulumi("stack", "init", self.name).succeeded()

    def program(self, text: str) -> Self:
        """Write `text`, dedented, as the stack's program ``__main__.py``."""
        (self.folder / "__main__.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return self

    def edit(self, file: str, old: str, new: str) -> Self:
        """Replace `old`, which must be there, once in a file of the stack's own copy of the project."""
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
        """Set many keys of the stack's configuration with one command; `secrets` are encrypted."""
        both = (("--plaintext", plain or {}), ("--secret", secrets or {}))
        pairs = [part for flag, values in both for key, value in values.items() for part in (flag, f"{key}={value}")]
        if pairs:
            self.pulumi("config", "set-all", *pairs).succeeded()
        return self

    def unset(self, key: str) -> Self:
        """Remove a key from the stack's configuration."""
        self.pulumi("config", "rm", key).succeeded()
        return self

    def up(self, *arguments: str) -> Run:
        """`pulumi up`, without its preview."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str) -> Run:
        """`pulumi preview --diff`."""
        return self.pulumi("preview", "--diff", *arguments)

    def preview_json(self) -> Run:
        """`pulumi preview --json`, decoded; raises `AssertionError` where it prints no JSON."""
        __tracebackhide__ = True
        run = self.pulumi("preview", "--json")
        # Standard error comes before or after it.
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
        """This stack, in which neither a refresh nor the `up` after it may find a change."""
        __tracebackhide__ = True
        self.up("--refresh", "--expect-no-changes").succeeded()
        return self

    def rests_at_every_step(self) -> Self:
        """The same, one command at a time: `up`, refresh, preview."""
        __tracebackhide__ = True
        self.up("--expect-no-changes").succeeded()
        self.refresh("--expect-no-changes").succeeded()
        self.pulumi("preview", "--expect-no-changes").succeeded()
        return self

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs; secrets are masked unless `secrets` is set."""
        shown = ["--show-secrets"] if secrets else []
        return dict(json.loads(self.pulumi("stack", "output", "--json", *shown).succeeded().text))

    def state(self) -> str:
        """The content of the stack's state file."""
        return (self.backend / ".pulumi" / "stacks" / self.project / f"{self.name}.json").read_text(encoding="utf-8")

    def sources(self) -> dict[str, dict[str, Any]]:
        """The sources in the state, by resource name, secrets in clear."""
        return self._recorded(SOURCE)

    def destinations(self) -> dict[str, dict[str, Any]]:
        """The destinations in the state, by resource name, secrets in clear."""
        return self._recorded(DESTINATION)

    def tags(self) -> dict[str, dict[str, Any]]:
        """The tags in the state, by resource name."""
        return self._recorded(TAG)

    def _recorded(self, kind: Kind) -> dict[str, dict[str, Any]]:
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets").succeeded().text)
        return {
            resource_name(resource["urn"]): resource
            for resource in exported["deployment"].get("resources", [])
            if resource["type"] == kind.type_token
        }

    def pulumi(self, *arguments: str) -> Run:
        """Run any command of `pulumi`; raises `AssertionError` when it takes longer than `TIMEOUT`."""
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
        """Start any command of `pulumi`, without waiting for its end."""
        environment = self.environment_of_commands()
        return program.start(
            self._pulumi, arguments, self.folder, environment=environment, stderr=subprocess.STDOUT, alone=False
        )

    def environment_of_commands(self) -> dict[str, str]:
        """The environment of these commands."""
        return isolated_environment(self.backend, self.engine_folders) | self.environment
