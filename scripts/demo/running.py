"""Runs Pulumi, and has it end in good order when the demo is to end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from scripts.demo.environment import environment
from scripts.demo.place import CLONE, DemoError, PulumiFailedError

TWICE_SECONDS = 1


class Interrupted:
    """Notes Ctrl-C, a closed terminal and a request to end: Pulumi then ends in good order, and we after it.

    Pulumi runs in a session of its own, since SIGHUP or SIGTERM to the whole process group would kill it, or what
    it has started, and leave the stack locked. It gets SIGINT from us instead.
    """

    def __init__(self) -> None:
        self.seen: int | None = None
        self._process: subprocess.Popen[str] | None = None
        self._told: float | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What nohup has set stays.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._note)

    def _note(self, number: int, _: object) -> None:
        if self.seen is None:
            self.seen = number
        self._tell(again=number == signal.SIGINT)

    def _tell(self, *, again: bool) -> None:
        """Pass it on to Pulumi.

        Pulumi takes a second one for a wish to end at once. Only a second Ctrl-C is such a wish; and the same event
        often reaches us twice, from the terminal and from the shell or from make.
        """
        now = time.monotonic()
        if self._process is None or (self._told is not None and not (again and now - self._told > TWICE_SECONDS)):
            return
        self._told = now
        self._process.send_signal(signal.SIGINT)

    def wait(self, process: subprocess.Popen[str]) -> str | None:
        """Wait for Pulumi, and have it interrupted when we are; what it printed, if that is caught."""
        self._process = process
        if self.seen is not None:
            self._tell(again=False)
        try:
            return process.communicate()[0]
        finally:
            self._process = None

    def stop_here(self) -> None:
        """Go no further once there was a Ctrl-C or the like.

        Raises:
            DemoError: there was one.
        """
        if self.seen is not None:
            note = "What was done stays; `make demo` goes on, `make demo-down` clears up."
            raise DemoError(f"Interrupted. {note}", 128 + self.seen)


def pulumi(interrupted: Interrupted, *arguments: str, quiet: bool = False) -> None:
    """Run Pulumi here.

    Raises:
        PulumiFailedError: it failed.
        DemoError: it was interrupted, or is not there.
    """
    interrupted.stop_here()
    if not quiet:
        print(f"$ pulumi {' '.join(arguments)}", flush=True)
    program = CLONE / ".engine" / "bin" / "pulumi"
    output = subprocess.PIPE if quiet else None
    try:
        process = subprocess.Popen(
            [program, *arguments],
            cwd=CLONE,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        raise DemoError(f"{program} cannot be started: {error.strerror}. Run `make engine`.") from None
    said = interrupted.wait(process)
    interrupted.stop_here()
    if code := process.returncode:
        if said:
            print(said.rstrip(), file=sys.stderr)
        if code < 0:
            raise PulumiFailedError(f"`pulumi {arguments[0]}` was killed (signal {-code}).", 128 - code)
        raise PulumiFailedError(f"`pulumi {arguments[0]}` failed (exit code {code}): see above.", code)
