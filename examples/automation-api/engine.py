"""Pulumi's engine, every run of which can be asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error


class CancelledError(Exception):
    """No more is started, since the service has been asked to end."""


class Engine(PulumiCommand):
    """Runs `pulumi` for the Automation API; raises `FileNotFoundError` where there is none.

    Each run has a session of its own, so that Ctrl-C reaches this service alone, and is passed on once: the engine
    then starts no further step, records those that are under way, and gives its lock back.
    """

    def __init__(self) -> None:
        super().__init__()
        self._running: set[subprocess.Popen[str]] = set()
        # An engine that is just being started is asked to end once, not twice. A second Ctrl-C may come amid the first.
        self._lock = threading.RLock()
        self.cancelled = False
        self.cut_off = False

    def cancel(self) -> None:
        """End what runs, and start no more. A second call cuts off what is under way: it is not recorded."""
        with self._lock:
            self.cut_off = self.cancelled
            self.cancelled = True
            for process in list(self._running):
                process.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], object] | None = None,  # noqa: ARG002 - progress comes as events
        on_error: Callable[[str], object] | None = None,  # noqa: ARG002
    ) -> CommandResult:
        """Run one command; raises `CommandError` when it fails, `CancelledError` when it is too late for it."""
        if self.cancelled and args[0] in {"up", "destroy", "stack"}:
            raise CancelledError
        process = subprocess.Popen(  # noqa: S603 - the engine, with what the Automation API asks of it
            [self.command, "--non-interactive", *args],
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            with self._lock:
                self._running.add(process)
                if self.cancelled:
                    process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate()
        finally:
            self._running.discard(process)
        result = CommandResult(stdout, stderr, process.returncode)
        if result.code:
            raise create_command_error(result)
        return result
