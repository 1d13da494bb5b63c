"""The commands of `pulumi` for one stack, and their failures in one line.

Secrets go through pipes, never through a file or an argument: then nothing is left on the disk, whatever ends this
process.
"""

from __future__ import annotations

import json
import os
import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from streamkap_pulumi.lifecycle.keys import EXISTS
from streamkap_pulumi.pulumi_cli import program, versions
from streamkap_pulumi.pulumi_cli.program import complaint, hint, is_locked

Decoded = TypeVar("Decoded", bound="dict[str, Any] | list[Any]")

_DOCTOR = "`streamkap doctor` checks whether it is new enough."
_PAGE = 100
"""Runs of a stack's history that are read at a time. By default `pulumi` shows ten, and no more."""


class StackError(Exception):
    """`pulumi` could not do something. The text is one line with the next step."""


class StackLockedError(StackError):
    """Another run holds the stack, or was killed and left its lock."""


@dataclass(frozen=True)
class Pulumi:
    """The program `pulumi` in the folder of a project, for one of its stacks; None is the selected one."""

    folder: Path
    stack: str | None = None

    @property
    def options(self) -> str:
        """The options that make a command in a shell mean this stack, with a blank before each."""
        named = f" --stack {shlex.quote(self.stack)}" if self.stack else ""
        return named if self.folder == Path() else f"{named} --cwd {shlex.quote(str(self.folder))}"

    def export(self) -> dict[str, Any]:
        """`pulumi stack export --show-secrets`: the deployment, secrets in clear. It needs no lock."""
        deployment = self.exported().get("deployment")
        return deployment if isinstance(deployment, dict) else {}

    def exported(self) -> dict[str, Any]:
        """The same with what `pulumi stack import` needs besides: the format's version and features."""
        return _decoded(dict, "stack export", self.run("stack", "export", "--show-secrets", *self._stack()))

    def import_stack(self, content: str) -> None:
        """`pulumi stack import`, through a pipe. It forgets everything that was interrupted, of every provider."""
        self.run("stack", "import", *self._stack(), stdin=content)

    def configuration(self) -> dict[str, str]:
        """`pulumi config --show-secrets`: the stack's configuration, secrets in clear."""
        found = _decoded(dict, "config", self.run("config", "--show-secrets", "--json", *self._stack()))
        return {key: each["value"] for key, each in found.items() if isinstance(each, dict) and "value" in each}

    def history(self) -> list[dict[str, Any]]:
        """`pulumi stack history`: the runs that ended in order, newest first, back to the last `up` that succeeded.

        Earlier runs do not help to judge what a killed run left.
        """
        found: list[dict[str, Any]] = []
        for number in count(1):
            options = ("--json", "--page-size", str(_PAGE), "--page", str(number))
            listed = _decoded(list, "stack history", self.run("stack", "history", *options, *self._stack()))
            page = [each for each in listed if isinstance(each, dict)]
            if not page or page == found[-len(page) :]:
                break
            found += page
            if any((each.get("kind"), each.get("result")) == ("update", "succeeded") for each in page):
                break
        return found

    def cancel(self) -> None:
        """`pulumi cancel`: remove the lock that a killed run left."""
        self.run("cancel", "--yes", *([self.stack] if self.stack else []))

    def import_file(self, content: str, *, protect: bool) -> None:
        """`pulumi import --file`, where the file is a pipe."""
        options = ("--yes", "--skip-preview", "--generate-code=false", f"--protect={str(protect).lower()}")
        self.run("import", "--file", "/dev/stdin", *options, *self._stack(), stdin=content)

    def forget(self, urn: str) -> None:
        """`pulumi state delete`: remove that resource from the state. The resource itself is not touched."""
        self.run("state", "delete", urn, "--yes", *self._stack())

    def clear_pending_creates(self, urns: Sequence[str], root: str) -> None:
        """Clear the interrupted creates of `urns`, and no other.

        `pulumi refresh --clear-pending-creates` would clear those of other providers too, and their owners would never
        know. Instead each of `urns` is declared to be imported, which drops it, and the refresh targets only the stack
        itself (`root`), which does not exist after `pulumi destroy`. Of two creates of a URN one is cleared at a time.
        """
        named = [word for urn in urns for each in (urn, "-") for word in ("--import-pending-creates", each)]
        options = ("--yes", "--skip-preview", "--run-program=false", *(("--target", root) if root else ()))
        self.run("refresh", *options, *named, *self._stack())

    def preview(self) -> dict[str, Any]:
        """`pulumi preview --json`: what an `up` would do, secrets masked."""
        return _decoded(dict, "preview", self.run("preview", "--json", *self._stack()))

    def plan(self) -> dict[str, Any]:
        """`pulumi preview --save-plan`, through a pipe: what the program declares, as checked, secrets in clear."""
        ours, theirs = os.pipe()
        pieces: list[bytes] = []

        def drain() -> None:
            with os.fdopen(ours, "rb") as reader:
                pieces.append(reader.read())

        reading = threading.Thread(target=drain, daemon=True)
        reading.start()
        try:
            options = ("--save-plan", f"/dev/fd/{theirs}", "--show-secrets", *self._stack())
            self.run("preview", *options, handle=theirs, environment={EXISTS: "1"})
        finally:
            os.close(theirs)
            reading.join()
        return _decoded(dict, "preview --save-plan", b"".join(pieces).decode(errors="replace"))

    def run(
        self,
        *arguments: str,
        stdin: str = "",
        handle: int | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Run `pulumi` and return its standard output. `environment` is added to this process's own.

        Raises:
            StackError: it is not installed, or failed.
            StackLockedError: the stack is locked.
        """
        pulumi = _found()
        try:
            running = program.start(
                pulumi,
                arguments,
                self.folder,
                environment={**os.environ, **environment},
                reads=True,
                handles=() if handle is None else (handle,),
            )
        except OSError as error:
            raise StackError(f"pulumi could not be started in {self.folder}: {error.strerror}.") from None
        out, err = program.finish(running, stdin)
        if running.returncode:
            command = " ".join(arguments[:2] if arguments[0] in {"stack", "state"} else arguments[:1])
            raise _failure(command, program.plain(f"{err}\n{out}"), self.options)
        return out

    def demand_imports(self) -> None:
        """Refuse an engine that is too old to import an object with its outputs: it would ask the provider for these.

        Raises:
            StackError: it is too old, or does not run.
        """
        try:
            found = versions.version_of(_found())
        except program.PulumiError as error:
            raise StackError(f"{error}. {_DOCTOR}") from None
        if found < versions.OLDEST_TO_BRING_IN:
            raise StackError(
                f"pulumi {versions.written(found)} cannot bring an object into a stack: update it to "
                f"{versions.written(versions.OLDEST_TO_BRING_IN)} or newer. {_DOCTOR}"
            )

    def _stack(self) -> tuple[str, ...]:
        return ("--stack", self.stack) if self.stack else ()


def _found() -> Path:
    found = program.find()
    if found is None:
        raise StackError(f"The program pulumi is not on the PATH. To install it: {program.INSTALL}.")
    return found


def _failure(command: str, text: str, options: str) -> StackError:
    if is_locked(text):
        return StackLockedError(
            "The stack is locked: another run is active, or was killed and left its lock. If no run is active, "
            f"`pulumi cancel{options}` removes the lock (`streamkap recover --cancel{options}` does it first)."
        )
    return StackError(" ".join(filter(None, [f"`pulumi {command}` failed: {complaint(text)}.", hint(text)])))


def _decoded(kind: type[Decoded], command: str, text: str) -> Decoded:
    """The JSON that a command printed. Anything else is not shown: it may hold a secret."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, kind):
        return found
    raise StackError(f"`pulumi {command}` printed unexpected JSON, or none. {_DOCTOR}")
