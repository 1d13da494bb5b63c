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
TWICE_SECONDS = 1
# These would take Pulumi to another Python or stack, or to another passphrase.
STRANGE = (
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_PYTHON_CMD",
    "PULUMI_RUNTIME_VIRTUALENV",
    "PULUMI_STACK",
    "PYTHONHOME",
)
# What must not go through a proxy: the emulator, and gRPC between Pulumi, the program and the provider.
LOCAL = "127.0.0.1,localhost"
FIRST_LINE = re.compile(r"^Streamkap emulator on (http://[\w.]+:(\d+))", re.MULTILINE)


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class PulumiFailedError(DemoError):
    """Pulumi itself ended with an error."""


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
        "PULUMI_CONFIG_PASSPHRASE": "demo",
        "PULUMI_HOME": str(DEMO / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


def without_proxy(known: str) -> str:
    """That value of NO_PROXY, with this machine added."""
    if known == "*" or f",{LOCAL}," in f",{known},":
        return known
    return f"{known},{LOCAL}" if known else LOCAL


def environment() -> dict[str, str]:
    """The whole environment that Pulumi gets here."""
    env = dict(os.environ)
    for name in STRANGE:
        env.pop(name, None)
    env.update(settings())
    # Some programs look at the one, some at the other: where only one is set, it holds for both.
    upper, lower = env.get("NO_PROXY", ""), env.get("no_proxy", "")
    env["NO_PROXY"] = without_proxy(upper or lower)
    env["no_proxy"] = without_proxy(lower or upper)
    folders = [str(CLONE / ".venv" / "bin"), str(CLONE / ".engine" / "bin"), env.get("PATH", os.defpath)]
    env["PATH"] = os.pathsep.join(folders)
    return env


def write_shell_settings() -> None:
    """The file that sets a shell up for the demo's stack."""
    quoted = [f"export {name}={shlex.quote(value)}" for name, value in settings().items()]
    bins = ":".join(shlex.quote(str(CLONE / folder / "bin")) for folder in (".venv", ".engine"))
    lines = [
        "# Sets a shell up for the demo's stack:  . .demo/env.sh",
        f"unset {' '.join(STRANGE)}",
        *quoted,
        'export NO_PROXY="${NO_PROXY:-${no_proxy:-}}"',
        'export no_proxy="${no_proxy:-$NO_PROXY}"',
        *(
            f'case ",${name}," in ",*," | *",{LOCAL},"*) ;; *) {name}="${{{name}:+${name},}}{LOCAL}" ;; esac'
            for name in ("NO_PROXY", "no_proxy")
        ),
        f'export PATH={bins}:"$PATH"',
    ]
    (DEMO / "env.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")


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


@dataclass(frozen=True)
class Lock:
    """A lock on the stack, as Pulumi keeps it; without a process where the file is not whole."""

    pid: int | None
    hostname: str

    def here(self) -> bool:
        """Whether it was taken on this machine."""
        return self.hostname == socket.gethostname()

    def held(self) -> bool:
        """Whether the Pulumi that took it still runs on this machine."""
        return self.pid is not None and self.here() and birth_of(self.pid) is not None and name_of(self.pid) == "pulumi"


def name_of(pid: int) -> str:
    """The name of the program that this process runs; nothing where that cannot be told."""
    if Path("/proc/self/comm").exists():
        try:
            return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""
    said = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return said.stdout.strip().rpartition("/")[2]


def read_lock(file: Path) -> Lock:
    """The lock in this file."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Lock(int(told["pid"]), str(told["hostname"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Lock(None, "")


def locks() -> list[Lock]:
    """The locks on the stack."""
    return [read_lock(file) for file in (DEMO / "state" / ".pulumi" / "locks").rglob("*.json")]


def lift_stale_locks(interrupted: Interrupted) -> None:
    """Lift what a Pulumi that was killed has left; no other is at work through this script, see alone().

    Raises:
        DemoError: one is not stale, or that cannot be told.
    """
    found = locks()
    for lock in found:
        if lock.held():
            raise DemoError(f"Pulumi is still at work on the demo's stack: process {lock.pid}. Wait for it, or end it.")
        if lock.pid is not None and not lock.here():
            raise DemoError(
                f"The demo's stack is locked by process {lock.pid} on {lock.hostname}, which cannot be seen from here."
                f"\nIf it is no longer at work: `pulumi cancel --yes` after `. .demo/env.sh`."
            )
    if found:
        print("An earlier Pulumi was killed at its work. The lock that it left is lifted.", flush=True)
        pulumi(interrupted, "cancel", "--yes", quiet=True)


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
    lift_stale_locks(interrupted)
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


def fail(error: DemoError) -> NoReturn:
    """Say what went wrong and leave."""
    # With the terminal closed there is nobody to tell.
    with contextlib.suppress(OSError):
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
