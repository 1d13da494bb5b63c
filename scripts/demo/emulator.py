"""The emulator, a process of its own that goes on when the demo's own has ended."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from scripts.demo.place import CLONE, DEMO, DemoError
from scripts.demo.processes import birth_of
from scripts.demo.progress import elapsed

START_SECONDS = 30
STOP_SECONDS = 10
FIRST_LINE = re.compile(r"^Streamkap emulator on (http://[\w.]+:(\d+))", re.MULTILINE)


@dataclass(frozen=True)
class Emulator:
    """A running emulator, as .demo/emulator.json keeps it."""

    pid: int
    birth: str
    port: int
    url: str


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
    with elapsed("The emulator starts"):
        started = (known and launch(known.port)) or launch(0)
    if started is None:
        print((DEMO / "emulator.log").read_text(encoding="utf-8", errors="replace").strip(), file=sys.stderr)
        raise DemoError("The emulator did not start; above is what it said (.demo/emulator.log).")
    print(f"{started.url}, process {started.pid}, its state in .demo/emulator.sqlite.", flush=True)
    return started
