"""The command line, run beside a stack as its user would; and runs of `pulumi` that are killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import KINDS
from tests.engine.processes import until
from tests.engine.stack import Run, Stack

WRAPPER = """#!{python}
import os, signal, sys, time
from pathlib import Path
log, fails, hangs = {log!r}, {fails!r}, {hangs!r}
files = [str(path) for folder in (os.environ["TMPDIR"], ".") for path in Path(folder).rglob("*") if path.is_file()]
with open(log, "a") as out:
    print(sys.argv[1:], sorted(files), file=out)
if fails in sys.argv[1:]:
    sys.stdin.read()
    sys.exit("error: the network is gone")
if hangs in sys.argv[1:]:
    print("hangs", file=open(log, "a"))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
    time.sleep(60)
os.execv({pulumi!r}, [{pulumi!r}, *sys.argv[1:]])
"""
"""Stands in for `pulumi`: writes down how it is called and which files there are, then runs it, fails or hangs."""


def start(stack: Stack, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """`streamkap …` in the folder of the stack, without a terminal, without waiting for its end."""
    return subprocess.Popen(
        [sys.executable, "-m", "streamkap_pulumi.cli", *arguments],
        cwd=stack.folder,
        env=stack.environment_of_commands() | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def streamkap(stack: Stack, *arguments: str, **environment: str) -> Run:
    """`streamkap …`, and what it said."""
    with start(stack, *arguments, **environment) as running:
        text, _ = running.communicate(timeout=240)
    assert "Traceback" not in text, text
    return Run(running.returncode, text)


def recorded(
    stack: Stack, folder: Path, *, fails: str = "nothing", hangs: str = "nothing"
) -> tuple[Path, dict[str, str]]:
    """The log of a `pulumi` that writes down how it is called, and the environment that puts it first."""
    from tests.engine.stack import ENGINE

    log, temporary = folder / "calls", folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    wrapper = folder / "pulumi"
    text = WRAPPER.format(python=sys.executable, log=str(log), fails=fails, hangs=hangs, pulumi=str(ENGINE / "pulumi"))
    wrapper.write_text(text, encoding="utf-8")
    wrapper.chmod(0o755)
    path = f"{folder}:{stack.environment_of_commands()['PATH']}"
    return log, {"PATH": path, "TMPDIR": str(temporary)}


def kill_while_creating(stack: Stack, emulator: Emulator, connectors: int) -> list[dict[str, Any]]:
    """`pulumi up`, killed when that many objects with a status exist, none of them recorded; returns all objects."""
    emulator.faults(stuck="on")
    running = stack.start("up", "--yes", "--skip-preview")
    try:
        until(lambda: sum("connector" in each for each in alive(emulator)) >= connectors)
    finally:
        running.kill()
        running.communicate()
    emulator.faults(stuck=None)
    settle(emulator)
    return alive(emulator)


def whole_again(stack: Stack) -> bool:
    """Mend the state where a kill hit the engine while it wrote it; whether it did.

    The backend of files replaces the state's file at once, but empties the one beside it, of its attributes, first.
    """
    attributes = stack.backend / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json.attrs"
    if not attributes.exists() or attributes.stat().st_size:
        return False
    stack.pulumi("stack", "export").failed().shows("failed to load checkpoint: EOF")
    attributes.unlink()
    return True


def settle(emulator: Emulator) -> None:
    """What a stuck status has held back goes on."""
    for each in alive(emulator):
        if "connector" in each:
            emulator.change(each["kind"], each["id"], connector_status="Active")


def alive(emulator: Emulator) -> list[dict[str, Any]]:
    """The objects that exist, each with the plural of its `kind`, secrets in clear."""
    every = ({**each, "kind": kind.plural} for kind in KINDS for each in emulator.objects(kind.plural, secrets=True))
    return [each for each in every if not each["deleted"]]


def only_pending(stack: Stack, kinds: Sequence[str] = ("creating",)) -> list[str]:
    """The resource names of the interrupted operations in the state."""
    import json

    exported = json.loads(stack.pulumi("stack", "export").succeeded().text)["deployment"]
    pending = [each for each in exported.get("pending_operations", []) if each["type"] in kinds]
    return sorted(each["resource"]["urn"].rsplit("::", 1)[1] for each in pending)
