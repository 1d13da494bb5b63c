"""Finds the program `pulumi`, runs it, and has it end in order."""

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

from streamkap_pulumi.pulumi_cli.complaints import complaint

INSTALL = "https://www.pulumi.com/docs/install/"
"""How it is had."""

ONE_EVENT = 1.0
"""Seconds within which a second signal is the same event: the terminal tells, and so does the shell or make."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PATIENCE = 10.0
"""Seconds that `pulumi` may take to end in order when we are told to end, and again to end at once."""
_SECONDS = 60.0


class PulumiError(Exception):
    """It could not be run, or failed. The text is one line, without a full stop."""


def find(name: str = "pulumi", path: str | None = None) -> Path | None:
    """`pulumi`, or a program that belongs to it: beside it, else on PATH (`path`, where it is not the caller's)."""
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
    """Run a command; what it writes comes through pipes, without colours and without questions.

    Args:
        pulumi: the program.
        arguments: the command.
        folder: where it runs; None is here.
        environment: instead of the caller's.
        reads: it is given something on standard input.
        stderr: as `subprocess.Popen` has it.
        handles: files that it gets, by their numbers.
        alone: Ctrl-C at the terminal does not reach it. A second one would make it end at once, and whoever waits for
            it (`finish`) hands the first one on.

    Raises:
        OSError: it cannot be started there.
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
    """Tell it what it reads, wait for its end, and give what it wrote. What ends us meanwhile ends it in order first.

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
    """Have it end: in order, so that it leaves no lock; at once if that lasts, or at the next Ctrl-C; or not at all.

    `pulumi` itself takes a second SIGINT for the wish to end at once.
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
    """It ends in time, and before somebody has asked us again."""
    began = time.monotonic()
    while True:
        try:
            # What it still writes is taken from it: a full pipe would hold it up.
            running.communicate(timeout=max(0.0, began + _PATIENCE - time.monotonic()))
        except subprocess.TimeoutExpired:  # noqa: PERF203 - it is for a signal that the loop is there
            return False
        except (KeyboardInterrupt, SystemExit):
            if time.monotonic() - began > ONE_EVENT:
                return False
        else:
            return True


def ask(pulumi: Path, arguments: Sequence[str], folder: Path | None = None) -> str:
    """What a command prints on standard output, which may be a secret.

    Raises:
        PulumiError: it does not run, fails, or takes longer than a minute.
    """
    try:
        running = start(pulumi, arguments, folder)
        out, err = finish(running, seconds=_SECONDS)
    except OSError as error:
        raise PulumiError(f"`pulumi {arguments[0]}`: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise PulumiError(f"`pulumi {arguments[0]}`: it takes longer than {_SECONDS:g} s") from None
    if running.returncode:
        raise PulumiError(complaint(f"{err}\n{out}") if f"{err}{out}".strip() else f"`pulumi {arguments[0]}` failed")
    return out.strip()


def plain(text: str) -> str:
    """`text` without colours."""
    return _COLOURS.sub("", text)
