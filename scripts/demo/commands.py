"""The two commands."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Iterator

from scripts.demo.emulator import Emulator, recorded_emulator, running_emulator, stop
from scripts.demo.environment import write_shell_settings
from scripts.demo.locks import lift_stale_locks, locks
from scripts.demo.place import DEMO, STACK, STACK_FILE, DemoError, PulumiFailedError
from scripts.demo.progress import elapsed
from scripts.demo.running import Interrupted, pulumi


def title(text: str) -> None:
    """Begin a section of the output."""
    print(f"\n== {text}", flush=True)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One demo at a time in this clone."""
    DEMO.mkdir(exist_ok=True)
    with (DEMO / "lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("Another `make demo` or `make demo-down` is at work in this folder.") from None
        yield


def select_stack(interrupted: Interrupted, emulator: Emulator) -> None:
    """Make the stack if need be, and configure where the emulator is."""
    (DEMO / "state").mkdir(exist_ok=True)
    with elapsed("Pulumi makes its stack ready"):
        pulumi(interrupted, "stack", "select", "--create", STACK, quiet=True)
        lift_stale_locks(interrupted)
        _configure(interrupted, emulator)


def _configure(interrupted: Interrupted, emulator: Emulator) -> None:
    plain = [f"--plaintext=streamkap:host={emulator.url}", "--plaintext=streamkap:clientId=demo-client"]
    pulumi(interrupted, "config", "set-all", *plain, "--secret=streamkap:secret=demo-secret", quiet=True)


def up() -> None:
    """Create or update the demo's sources, and show that a second run changes nothing."""
    interrupted = Interrupted()
    with alone():
        title("The emulator of Streamkap")
        emulator = running_emulator()
        write_shell_settings()
        try:
            select_stack(interrupted, emulator)
            title("What the program declares is created or updated")
            pulumi(interrupted, "up", "--yes", "--skip-preview")
            title("Once more: nothing is left to change")
            pulumi(interrupted, "up", "--yes", "--skip-preview", "--expect-no-changes", "--suppress-outputs")
            title("What the stack hands on")
            pulumi(interrupted, "stack", "output")
        except PulumiFailedError as error:
            note = (
                "If this does not go away: make demo-down FORCE=1 drops the demo as it is, and make demo starts afresh."
            )
            raise DemoError(f"{error}\n{note}", error.code) from None
    title("What this was")
    print(f"""\
The program __main__.py declares sources. Pulumi made it so, in an emulator of Streamkap that runs on this machine,
with the same API calls that the real Streamkap gets. The second run found nothing left to change.

Where it is       Pulumi's state: .demo/state. The emulator: {emulator.url}, with its state in
                  .demo/emulator.sqlite and its log in .demo/emulator.log. Nothing left this machine.
Look              . .demo/env.sh            (once in a shell: `pulumi`, set up for this stack)
                  pulumi stack output
                  pulumi stack --show-ids
Change something  In __main__.py, add a table to "table.include.list.user.defined". Then:
                  pulumi preview --diff     (after `. .demo/env.sh`: what would change)
                  make demo                 (changes it)
Take it down      make demo-down""")


def down(*, force: bool) -> None:
    """Destroy the demo's sources, stop the emulator, and remove what the demo made."""
    if not DEMO.exists():
        print("There is no demo to take down.")
        return
    interrupted = Interrupted()
    with alone():
        # Without a stack there is nothing to destroy: the first `make demo` did not come that far.
        if STACK_FILE.exists() and not force:
            title("The emulator of Streamkap")
            emulator = running_emulator()
            title("The sources are destroyed")
            try:
                select_stack(interrupted, emulator)
                pulumi(interrupted, "destroy", "--yes", "--skip-preview", "--remove")
            except DemoError as error:
                note = "To drop the demo as it is: make demo-down FORCE=1"
                raise DemoError(f"{error}\n{note}", error.code) from None
        for lock in locks():
            # Only with --force: dropped is all that it could still save.
            if lock.pid is not None and lock.held():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(lock.pid, signal.SIGKILL)
        known = recorded_emulator()
        stopped = known is not None and stop(known)
        STACK_FILE.unlink(missing_ok=True)
        shutil.rmtree(DEMO)
    print(f"\nThe demo is gone: {'the emulator is stopped, ' if stopped else ''}.demo is removed.")
