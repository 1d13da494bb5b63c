"""Finds the program `pulumi`, runs it, ends it in order, and says in one line why it failed.

Why not `pulumi.automation`: docs/decisions/automation-api.md.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

INSTALL = "https://www.pulumi.com/docs/install/"
"""How to install it."""

ONE_EVENT = 1.0
"""Seconds within which a second signal is the same event: the terminal sends one, and so does the shell or make."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PATIENCE = 10.0
"""Seconds that `pulumi` gets to end in order when we are asked to end, and then to end at once."""
_SECONDS = 60.0
"""Seconds that a short command may take."""

_LOCKED = ("currently locked by", "Another update is currently in progress")
_UNINFORMATIVE = {"update failed", "preview failed"}

_HINTS: Mapping[str, str] = {
    "no Pulumi.yaml project file found": "Run it in the folder of the Pulumi project, or name it with --cwd.",
    "no stack selected": "Name the stack with --stack, or select it: pulumi stack select.",
    "no stack named": "`pulumi stack ls` lists the stacks.",
    "must be set for login": "Log in to the stack's backend: pulumi login.",
    "failed to load checkpoint: EOF": (
        "A run that was killed while it wrote the state left an empty "
        "`.pulumi/stacks/<project>/<stack>.json.attrs` in the backend's folder: remove that file. The state beside it "
        "is complete."
    ),
    "incorrect passphrase": "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.",
    "passphrase must be set": "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.",
}


class PulumiError(Exception):
    """`pulumi` did not start, or failed. The text is one line, without a full stop."""


def find(name: str = "pulumi", path: str | None = None) -> Path | None:
    """`pulumi`, or a program that comes with it: beside it, else on PATH (`path` replaces the caller's)."""
    pulumi = shutil.which("pulumi", path=path)
    if pulumi is None or name == "pulumi":
        return Path(pulumi) if pulumi else None
    beside = (Path(pulumi).parent / name, Path(pulumi).resolve().parent / name)
    found = next((each for each in beside if os.access(each, os.X_OK)), None) or shutil.which(name, path=path)
    return Path(found) if found else None


def start(
    pulumi: Path,
    arguments: Sequence[str],
    folder: Path | None,
    *,
    environment: Mapping[str, str] | None = None,
    reads: bool = False,
    stderr: int = subprocess.PIPE,
    handles: Sequence[int] = (),
    alone: bool = True,
) -> subprocess.Popen[str]:
    """Start a command. It writes to pipes, without colours, and asks no questions.

    Args:
        pulumi: the program.
        arguments: the command.
        folder: where it runs; None is the current folder.
        environment: instead of the caller's.
        reads: it reads standard input.
        stderr: as for `subprocess.Popen`.
        handles: file descriptors that it inherits.
        alone: Ctrl-C at the terminal does not reach it. `finish` passes the first one on; a second one would make it
            end at once.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.Popen(  # noqa: S603 - the user's own pulumi
        [pulumi, *arguments, "--non-interactive", "--color", "never"],
        cwd=folder,
        env={**(os.environ if environment is None else environment), "PULUMI_SKIP_UPDATE_CHECK": "1"},
        stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
        errors="replace",
        pass_fds=handles,
        start_new_session=alone,
    )


def finish(running: subprocess.Popen[str], said: str | None = None, seconds: float | None = None) -> tuple[str, str]:
    """Write its standard input, wait for its end, and return what it wrote. Whatever ends us first ends it in order.

    Raises:
        subprocess.TimeoutExpired: it took longer than `seconds`.
    """
    try:
        out, err = running.communicate(said, timeout=seconds)
    except BaseException:
        end(running)
        raise
    return plain(out), plain(err or "")


def end(running: subprocess.Popen[str]) -> None:
    """End it: in order, so that it leaves no lock; at once if that takes too long, or at the next Ctrl-C; or kill it.

    `pulumi` itself takes a second SIGINT as a request to end at once.
    """
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
        running.send_signal(number)
        if _ends(running):
            break
    for pipe in (running.stdin, running.stdout, running.stderr):
        if pipe:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()


def _ends(running: subprocess.Popen[str]) -> bool:
    """Whether it ends in time, and before the next signal."""
    began = time.monotonic()
    while True:
        try:
            # Keep reading what it writes: a full pipe would block it.
            running.communicate(timeout=max(0.0, began + _PATIENCE - time.monotonic()))
        except subprocess.TimeoutExpired:  # noqa: PERF203 - the loop is there for signals
            return False
        except (KeyboardInterrupt, SystemExit):
            if time.monotonic() - began > ONE_EVENT:
                return False
        else:
            return True


def ask(pulumi: Path, arguments: Sequence[str], folder: Path | None = None) -> str:
    """Run a short command, and return its standard output, which may be a secret.

    Raises:
        PulumiError: it does not start, fails, or takes longer than a minute.
    """
    try:
        running = start(pulumi, arguments, folder)
        out, err = finish(running, seconds=_SECONDS)
    except OSError as error:
        raise PulumiError(f"`pulumi {arguments[0]}`: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise PulumiError(f"`pulumi {arguments[0]}`: it took longer than {_SECONDS:g} s") from None
    if running.returncode:
        raise PulumiError(complaint(f"{err}\n{out}") if f"{err}{out}".strip() else f"`pulumi {arguments[0]}` failed")
    return out.strip()


def plain(text: str) -> str:
    """`text` without colours."""
    return _COLOURS.sub("", text)


def is_locked(text: str) -> bool:
    """Whether another run holds the stack."""
    return any(sign in text for sign in _LOCKED)


def complaint(text: str) -> str:
    """What is wrong, from all that `pulumi` wrote: its errors, else its last line; without a full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = list(dict.fromkeys(line.removeprefix("error: ") for line in lines if line.startswith("error: ")))
    errors = [line for line in errors if line not in _UNINFORMATIVE] or lines[-1:] or ["it printed nothing"]
    return "; ".join(errors).rstrip(".")


def hint(text: str) -> str:
    """The next step; empty where it is not known."""
    return next((hint for sign, hint in _HINTS.items() if sign in text), "")
