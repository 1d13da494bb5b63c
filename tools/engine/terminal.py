"""What is said while something takes long, and how other programs are run."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Command: TypeAlias = "Sequence[str | Path]"

LINE_SECONDS = 15.0
TERMINAL_SECONDS = 1.0


class UnavailableError(Exception):
    """One way to get something does not work on this machine; the text is one line that says why."""


class CommandError(UnavailableError):
    """A program that was run to the end failed; the text ends with the last thing it said."""


class Counter(Protocol):
    """Watches the lines of a program, and sums up how far it is."""

    def saw(self, line: str) -> None:
        """Take note of one line."""

    def so_far(self) -> str:
        """How far it is, in a few words; empty if there is nothing to report."""


class Uncounted:
    """For programs that say nothing worth counting."""

    def saw(self, line: str) -> None:
        """Let it pass."""

    def so_far(self) -> str:
        """Nothing."""
        return ""


def say(text: str) -> None:
    """Tell one line, at once."""
    print(text, flush=True)


def shown(path: Path) -> str:
    """A path as one would write it: from the home folder or the current one where it lies in there."""
    for base, sign in ((Path.cwd(), ""), (Path.home(), "~/")):
        if path.is_relative_to(base) and path != base:
            return f"{sign}{path.relative_to(base)}"
    return str(path)


def answer(command: Command, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """What a quick program prints.

    Raises:
        CommandError: it cannot be started, fails, or says nothing for half a minute.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, env=env, cwd=cwd, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"{name} gave no answer within 30 seconds") from None
    except OSError as error:
        raise CommandError(f"{name} cannot be started: {error.strerror or error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise CommandError(f"{name} ended with {done.returncode}: {said}")
    return done.stdout.strip()


class Task:
    """A program that takes long, and the progress that is shown while it runs.

    On a terminal the progress is one line that is rewritten each second; elsewhere it is a plain line every
    quarter of a minute. Everything that the program prints goes to ``log``.
    """

    def __init__(self, title: str, log: Path, counter: Counter | None = None, limit: float = math.inf) -> None:
        self.title = title
        self.log = log
        self._counter = counter or Uncounted()
        self._limit = limit
        self._started = time.monotonic()
        self._on_terminal = sys.stdout.isatty()
        self._last: deque[str] = deque(maxlen=5)

    def run(self, command: Command, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Run it to the end.

        Raises:
            CommandError: it cannot be started, fails, or takes longer than the limit.
        """
        self._started = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(str(word) for word in command)}\n")
            log.flush()
            try:
                process = subprocess.Popen(
                    command,
                    env=env,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
            except OSError as error:
                raise CommandError(f"{command[0]} cannot be started: {error.strerror or error}") from None
            reader = threading.Thread(target=self._read, args=(process, log), daemon=True)
            reader.start()
            try:
                self._watch(process)
            finally:
                end(process)
                reader.join(10)
                self._show(last=True)
        if process.returncode:
            for line in self._last:
                say(f"    {line}")
            raise CommandError(f"{self.title} failed; everything it said is in {shown(self.log)}")

    def _read(self, process: subprocess.Popen[str], log: TextIO) -> None:
        for line in process.stdout or ():
            log.write(line)
            if line.strip():
                self._last.append(line.strip())
            self._counter.saw(line)

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Wait for its end, showing the progress."""
        self._show()
        while True:
            left = self._limit - (time.monotonic() - self._started)
            if left <= 0:
                raise CommandError(f"{self.title} took more than {self._limit / 60:.0f} minutes")
            try:
                process.wait(min(left, TERMINAL_SECONDS if self._on_terminal else LINE_SECONDS))
            except subprocess.TimeoutExpired:
                self._show()
            else:
                return

    def _show(self, *, last: bool = False) -> None:
        seconds = int(time.monotonic() - self._started)
        time_so_far = f"{seconds // 60}:{seconds % 60:02}"
        line = "  " + ", ".join(part for part in (self.title, self._counter.so_far(), time_so_far) if part)
        if self._on_terminal:
            print(f"\r\033[K{line}", end="\n" if last else "", flush=True)
        elif seconds or last:
            print(line, flush=True)


def end(process: subprocess.Popen[str]) -> None:
    """End a program that still runs: politely, and after ten seconds not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
