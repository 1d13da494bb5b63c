"""The demo: the program at the top level, run by the real Pulumi against an emulator of Streamkap on this machine.

    python scripts/demo.py up       what `make demo` does; again and again, as often as one likes
    python scripts/demo.py down     what `make demo-down` does; --force drops everything without a destroy

All it makes is in .demo, but for the configuration of the stack, Pulumi.demo.yaml. Both are ignored by git.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

CLONE = Path(__file__).resolve().parent.parent
DEMO = CLONE / ".demo"
STACK = "demo"
STACK_FILE = CLONE / f"Pulumi.{STACK}.yaml"
START_SECONDS = 30
STOP_SECONDS = 10
FIRST_LINE = re.compile(r"^Streamkap emulator on (http://[\w.]+:(\d+))", re.MULTILINE)


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


# --- The emulator, a process of its own that goes on when this script has ended ---


@dataclass(frozen=True)
class Emulator:
    """A running emulator, as .demo/emulator.json keeps it."""

    pid: int
    birth: str
    port: int
    url: str


def birth_of(pid: int) -> str | None:
    """What tells a process from a later one with the same number; None where it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
        return None if state in {"Z", "X"} else f"{boot} {fields[18]}"
    said = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip() or None


def recorded_emulator() -> Emulator | None:
    """The emulator that was started last, whether or not it still runs."""
    try:
        return Emulator(**json.loads((DEMO / "emulator.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def runs(emulator: Emulator) -> bool:
    """Whether it is still that very process."""
    return birth_of(emulator.pid) == emulator.birth


def answers(emulator: Emulator) -> bool:
    """Whether it takes connections."""
    try:
        socket.create_connection(("127.0.0.1", emulator.port), timeout=5).close()
    except OSError:
        return False
    return True


def stop(emulator: Emulator) -> bool:
    """End it, if it is still that very process; false where it was not."""
    if not runs(emulator):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(emulator.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while runs(emulator) and time.monotonic() < end:
            time.sleep(0.05)
        if runs(emulator):
            os.kill(emulator.pid, signal.SIGKILL)
    return True


def launch(port: int) -> Emulator | None:
    """Start one on this port, any for 0; None where it ends at once."""
    log = DEMO / "emulator.log"
    state = DEMO / "emulator.sqlite"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamkap_pulumi.emulator", "--port", str(port), "--state", str(state)],
            cwd=CLONE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        birth = birth_of(process.pid)
        said = FIRST_LINE.search(log.read_text(encoding="utf-8", errors="replace"))
        if said and birth:
            started = Emulator(process.pid, birth, int(said.group(2)), said.group(1))
            (DEMO / "emulator.json").write_text(json.dumps(asdict(started), indent=2) + "\n", encoding="utf-8")
            return started
        time.sleep(0.05)
    process.kill()
    process.wait()
    return None


def running_emulator() -> Emulator:
    """The one that runs already, or else a new one, on the same port if that is still free."""
    known = recorded_emulator()
    if known is not None and runs(known):
        if answers(known):
            print(f"It is running already: {known.url}, process {known.pid}.", flush=True)
            return known
        stop(known)
    started = (known and launch(known.port)) or launch(0)
    if started is None:
        print((DEMO / "emulator.log").read_text(encoding="utf-8", errors="replace").strip(), file=sys.stderr)
        raise DemoError("The emulator did not start; above is what it said (.demo/emulator.log).")
    print(f"{started.url}, process {started.pid}, its state in .demo/emulator.sqlite.", flush=True)
    return started


# --- Pulumi ---


def settings() -> dict[str, str]:
    """The environment that keeps Pulumi to this folder."""
    return {
        "PULUMI_BACKEND_URL": "file://" + urllib.parse.quote(str(DEMO / "state")),
        "PULUMI_HOME": str(DEMO / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


def environment() -> dict[str, str]:
    """The whole environment that Pulumi gets here."""
    env = dict(os.environ)
    # These would take it to another Python or stack.
    for name in ("PULUMI_PYTHON_CMD", "PULUMI_STACK", "PYTHONHOME", "PULUMI_RUNTIME_VIRTUALENV"):
        env.pop(name, None)
    env.update(settings())
    env.setdefault("PULUMI_CONFIG_PASSPHRASE", "demo")
    folders = [str(CLONE / ".venv" / "bin"), str(CLONE / ".engine" / "bin"), env.get("PATH", os.defpath)]
    env["PATH"] = os.pathsep.join(folders)
    return env


def write_shell_settings() -> None:
    """The file that sets a shell up for the demo's stack."""
    quoted = [f"export {name}={shlex.quote(value)}" for name, value in settings().items()]
    bins = ":".join(shlex.quote(str(CLONE / folder / "bin")) for folder in (".venv", ".engine"))
    lines = [
        "# Sets a shell up for the demo's stack:  . .demo/env.sh",
        *quoted,
        'export PULUMI_CONFIG_PASSPHRASE="${PULUMI_CONFIG_PASSPHRASE:-demo}"',
        f'export PATH={bins}:"$PATH"',
    ]
    (DEMO / "env.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Interrupted:
    """Notes Ctrl-C, which goes to Pulumi as well: Pulumi then ends in good order, and we after it."""

    def __init__(self) -> None:
        self.seen = False
        signal.signal(signal.SIGINT, self._note)

    def _note(self, *_: object) -> None:
        self.seen = True

    def stop_here(self) -> None:
        """Go no further once there was a Ctrl-C.

        Raises:
            DemoError: there was one.
        """
        if self.seen:
            raise DemoError("Interrupted. What was done stays; `make demo` goes on, `make demo-down` clears up.", 130)


def pulumi(interrupted: Interrupted, *arguments: str, quiet: bool = False) -> None:
    """Run Pulumi here.

    Raises:
        DemoError: it failed, or was interrupted.
    """
    interrupted.stop_here()
    if not quiet:
        print(f"$ pulumi {' '.join(arguments)}", flush=True)
    program = CLONE / ".engine" / "bin" / "pulumi"
    output = subprocess.PIPE if quiet else None
    try:
        done = subprocess.Popen(
            [program, *arguments],
            cwd=CLONE,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
        )
    except OSError as error:
        raise DemoError(f"{program} cannot be started: {error.strerror}. Run `make engine`.") from None
    said, _ = done.communicate()
    interrupted.stop_here()
    if done.returncode:
        if quiet and said:
            print(said.rstrip(), file=sys.stderr)
        raise DemoError(f"`pulumi {arguments[0]}` failed (exit code {done.returncode}): see above.", done.returncode)


# --- The two commands ---


def title(text: str) -> None:
    """Begin a section of what is told."""
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
    """Make the stack if need be, and tell it where the emulator is."""
    (DEMO / "state").mkdir(exist_ok=True)
    pulumi(interrupted, "stack", "select", "--create", STACK, quiet=True)
    plain = [f"--plaintext=streamkap:host={emulator.url}", "--plaintext=streamkap:clientId=demo-client"]
    pulumi(interrupted, "config", "set-all", *plain, "--secret=streamkap:secret=demo-secret", quiet=True)


def up() -> None:
    """Create or update the demo's sources, and show that a second run changes nothing."""
    interrupted = Interrupted()
    with alone():
        title("The emulator of Streamkap")
        emulator = running_emulator()
        write_shell_settings()
        select_stack(interrupted, emulator)
        title("What the program declares is created or updated")
        pulumi(interrupted, "up", "--yes", "--skip-preview")
        title("Once more: nothing is left to change")
        pulumi(interrupted, "up", "--yes", "--skip-preview", "--expect-no-changes", "--suppress-outputs")
        title("What the stack hands on")
        pulumi(interrupted, "stack", "output")
    title("What this was")
    print(f"""\
The program __main__.py declares sources. Pulumi made it so, in an emulator of Streamkap that runs on this machine,
with the same API calls that the real Streamkap gets. The second run found nothing left to change.

Where it is       Pulumi's state: .demo/state. The emulator: {emulator.url}, with its state in
                  .demo/emulator.sqlite and its log in .demo/emulator.log. Nothing left this machine.
Look              . .demo/env.sh            (once in a shell: `pulumi`, set up for this stack)
                  pulumi stack output
                  pulumi stack --show-ids
Change something  In __main__.py, add a table to "table.include.list", for example. Then:
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
        known = recorded_emulator()
        stopped = known is not None and stop(known)
        STACK_FILE.unlink(missing_ok=True)
        shutil.rmtree(DEMO)
    print(f"\nThe demo is gone: {'the emulator is stopped, ' if stopped else ''}.demo is removed.")


def fail(error: DemoError) -> NoReturn:
    """Say what went wrong and leave."""
    print(f"\ndemo: {error}", file=sys.stderr)
    sys.exit(error.code)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="The demo against an emulator of Streamkap on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="create or update the demo's sources")
    taken_down = commands.add_parser("down", help="destroy them, and stop the emulator")
    taken_down.add_argument("--force", action="store_true", help="do not destroy: only stop and remove")
    asked = parser.parse_args()
    try:
        if asked.command == "up":
            up()
        else:
            down(force=asked.force)
    except DemoError as error:
        fail(error)
    except KeyboardInterrupt:
        fail(DemoError("Interrupted.", 130))


if __name__ == "__main__":
    main()
