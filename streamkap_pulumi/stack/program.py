"""Runs the program `pulumi` for one stack, and turns what it complains of into one line.

What holds secrets goes through pipes, never through a file or an argument: then nothing is left on the disk, whatever
ends this process.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LOCKED = ("currently locked by", "Another update is currently in progress")
_PATIENCE = 10.0
"""Seconds that `pulumi` may take to end in order when we are told to end."""

_HINTS: Mapping[str, str] = {
    "no Pulumi.yaml project file found": "Run it in the folder of the Pulumi project, or name it with --cwd.",
    "no stack selected": "Name the stack with --stack, or select it: pulumi stack select.",
    "no stack named": "`pulumi stack ls` lists the stacks.",
    "must be set for login": "Log in to the stack's backend: pulumi login.",
    "incorrect passphrase": "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.",
    "passphrase must be set": "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.",
}


class StackError(Exception):
    """Something that `pulumi` could not do. The text is one line that names the next step."""


class StackLockedError(StackError):
    """Another run holds the stack, or was killed and left its lock."""


@dataclass(frozen=True)
class Pulumi:
    """The `pulumi` program, run in the folder of a project for one of its stacks; None is the one that is selected."""

    folder: Path
    stack: str | None = None

    def export(self) -> dict[str, Any]:
        """`pulumi stack export --show-secrets`: the deployment, secrets in clear. It needs no lock."""
        deployment = _json(self.run("stack", "export", "--show-secrets", *self._stack())).get("deployment")
        return deployment if isinstance(deployment, dict) else {}

    def configuration(self) -> dict[str, str]:
        """`pulumi config --show-secrets`: the stack's configuration, secrets in clear."""
        found = _json(self.run("config", "--show-secrets", "--json", *self._stack()))
        return {key: each["value"] for key, each in found.items() if isinstance(each, dict) and "value" in each}

    def history(self) -> list[dict[str, Any]]:
        """`pulumi stack history`: the runs that were ended in order, newest first."""
        found = json.loads(self.run("stack", "history", "--json", *self._stack()) or "[]")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def cancel(self) -> None:
        """`pulumi cancel`: take away the lock that a killed run has left."""
        self.run("cancel", "--yes", *([self.stack] if self.stack else []))

    def import_file(self, content: str, *, protect: bool) -> None:
        """`pulumi import --file`, of a file that is only a pipe."""
        options = ("--yes", "--skip-preview", "--generate-code=false", f"--protect={str(protect).lower()}")
        self.run("import", "--file", "/dev/stdin", *options, *self._stack(), stdin=content)

    def forget(self, urn: str) -> None:
        """`pulumi state delete`: the state no longer holds that resource, which itself is not touched."""
        self.run("state", "delete", urn, "--yes", *self._stack())

    def clear_pending_creates(self, urns: Sequence[str], root: str) -> None:
        """Forget the interrupted creates of `urns`, and no other.

        `pulumi refresh --clear-pending-creates` would forget those of other providers too, and their owners would
        never know. One that is said to be imported is dropped, and nothing else: the refresh looks at the stack only.
        """
        named = [word for urn in urns for each in (urn, "-") for word in ("--import-pending-creates", each)]
        options = ("--yes", "--skip-preview", "--run-program=false", "--target", root)
        self.run("refresh", *options, *named, *self._stack())

    def preview(self) -> dict[str, Any]:
        """`pulumi preview --json`: what an `up` would do, secrets masked."""
        return _json(self.run("preview", "--json", *self._stack()))

    def plan(self) -> dict[str, Any]:
        """`pulumi preview --save-plan`: what the program declares, as checked, secrets in clear, through a pipe."""
        ours, theirs = os.pipe()
        pieces: list[bytes] = []

        def drain() -> None:
            with os.fdopen(ours, "rb") as reader:
                pieces.append(reader.read())

        reading = threading.Thread(target=drain, daemon=True)
        reading.start()
        try:
            self.run("preview", "--save-plan", f"/dev/fd/{theirs}", "--show-secrets", *self._stack(), handle=theirs)
        finally:
            os.close(theirs)
            reading.join()
        return _json(b"".join(pieces).decode())

    def run(self, *arguments: str, stdin: str = "", handle: int | None = None) -> str:
        """What `pulumi` writes to standard output.

        Raises:
            StackError: it is not installed, or it failed.
            StackLockedError: the stack is locked.
        """
        program = shutil.which("pulumi")
        if program is None:
            raise StackError("The program pulumi is not on the PATH. https://www.pulumi.com/docs/install/ tells how.")
        try:
            running = subprocess.Popen(  # noqa: S603 - the arguments are a list
                [program, *arguments, "--non-interactive", "--color", "never"],
                cwd=self.folder,
                env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                pass_fds=() if handle is None else (handle,),
            )
        except OSError as error:
            raise StackError(f"pulumi cannot be run in {self.folder}: {error.strerror}.") from None
        try:
            out, err = running.communicate(stdin)
        except BaseException:
            _end(running)
            raise
        if running.returncode:
            raise _failure(
                " ".join(arguments[:2] if arguments[0] in {"stack", "state"} else arguments[:1]), f"{err}\n{out}"
            )
        return _COLOURS.sub("", out)

    def _stack(self) -> tuple[str, ...]:
        return ("--stack", self.stack) if self.stack else ()


def _end(running: subprocess.Popen[str]) -> None:
    """Let it end in order, so that it leaves no lock; but not for ever."""
    for number in (signal.SIGINT, signal.SIGKILL):
        running.send_signal(number)
        try:
            running.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            continue
        return


def _failure(command: str, text: str) -> StackError:
    text = _COLOURS.sub("", text)
    if any(sign in text for sign in _LOCKED):
        return StackLockedError(
            "The stack is locked: another run is at work, or was killed and left its lock. If no run is at work, "
            "`pulumi cancel` takes the lock away (--cancel does it first)."
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = list(dict.fromkeys(line.removeprefix("error: ") for line in lines if line.startswith("error: ")))
    said = (
        [line for line in said if line not in {"update failed", "preview failed"}] or lines[-1:] or ["it said nothing"]
    )
    hint = next((hint for sign, hint in _HINTS.items() if sign in text), "")
    return StackError(f"`pulumi {command}` failed: {'; '.join(said).rstrip('.')}.{f' {hint}' if hint else ''}")


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise StackError("`pulumi` answered with something that is no JSON. Is it a version from 3.200 on?") from None
    return found if isinstance(found, dict) else {}
