"""How `pulumi` is run for a stack, with a stand-in for it: what it prints, and how it ends."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc

from streamkap_pulumi.pulumi_cli import versions, words
from streamkap_pulumi.stack.commands import Pulumi, StackError, StackLockedError
from tests.cli.runs import piped
from tests.engine.processes import until
from tests.stack.fake_pulumi import SOURCE_TYPE

MakePulumi = Callable[[str], Path]


@pytest.fixture
def make_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakePulumi:
    """Puts a Python program first on PATH as `pulumi`; its version is 3.259.0 unless it sets VERSION."""

    def make(text: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "pulumi"
        head = f"#!{sys.executable}\nimport sys\nif sys.argv[1] == 'version':\n    print(VERSION)\n    sys.exit()\n"
        version = "" if "VERSION =" in text else "VERSION = 'v3.259.0'\n"
        program.write_text(head.replace("import sys\n", f"import sys\n{version}") + text, encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return folder

    return make


def test_the_history_is_read_as_far_as_it_matters(make_pulumi: MakePulumi, tmp_path: Path) -> None:
    """Over as many pages as it takes to find an `up` that succeeded, and no more."""
    runs = [{"kind": "refresh", "result": "succeeded", "version": number} for number in range(250)]
    runs[210] = {"kind": "update", "result": "succeeded", "version": 210}
    runs += [{"kind": "update", "result": "succeeded", "version": number} for number in range(250, 450)]
    (tmp_path / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
    make_pulumi(
        """
import json
size, page = (int(sys.argv[sys.argv.index(name) + 1]) for name in ("--page-size", "--page"))
print(json.dumps(json.load(open("runs.json"))[size * (page - 1):size * page]))
"""
    )
    assert Pulumi(tmp_path).history() == runs[:300]
    for number in (0, 7, 100, 101):
        (tmp_path / "runs.json").write_text(json.dumps(runs[:number]), encoding="utf-8")
        assert Pulumi(tmp_path).history() == runs[:number]


def test_a_backend_without_pages_is_asked_twice_at_most(make_pulumi: MakePulumi, tmp_path: Path) -> None:
    """The second answer is the same."""
    make_pulumi("""print('[{"kind": "refresh", "result": "failed"}]')""")
    assert Pulumi(tmp_path).history() == [{"kind": "refresh", "result": "failed"}]


@pytest.mark.parametrize("answer", ["canary", "", '"canary"', "[", "[" * 100_000])
def test_an_answer_that_is_not_json_is_a_readable_error(make_pulumi: MakePulumi, tmp_path: Path, answer: str) -> None:
    """It names the command and the next step, but not the answer, which may hold a secret."""
    (tmp_path / "answer").write_text(answer, encoding="utf-8")
    make_pulumi("print(open('answer').read())")
    pulumi = Pulumi(tmp_path)
    asked: dict[str, Callable[[], Any]] = {
        "stack export": pulumi.export,
        "config": pulumi.configuration,
        "stack history": pulumi.history,
        "preview": pulumi.preview,
        "preview --save-plan": pulumi.plan,
    }
    for command, ask in asked.items():
        with pytest.raises(StackError, match=f"`pulumi {command}` printed unexpected JSON") as raised:
            ask()
        assert "canary" not in str(raised.value)
        assert "`streamkap doctor`" in str(raised.value)


def test_the_error_of_a_locked_stack_has_the_command_for_that_stack(make_pulumi: MakePulumi, tmp_path: Path) -> None:
    """Quoted for a shell, with the stack and the folder."""
    make_pulumi("sys.exit('error: the stack is currently locked by 1 lock(s)')")
    folder = tmp_path / "in fra"
    folder.mkdir()
    with pytest.raises(StackLockedError) as refused:
        Pulumi(folder, "prod").export()
    assert f"`pulumi cancel --stack prod --cwd '{folder}'`" in str(refused.value)


def test_an_engine_that_cannot_import_outputs_is_refused(make_pulumi: MakePulumi, tmp_path: Path) -> None:
    """Before anything is done: an older one would read the file, and ask a provider that it does not have."""
    make_pulumi("").joinpath("pulumi").write_text("#!/bin/sh\necho v3.253.9\n", encoding="utf-8")
    with pytest.raises(StackError, match=r"pulumi 3\.253\.9 cannot bring .* update it to 3\.254\.0 or newer"):
        Pulumi(tmp_path).demand_imports()
    make_pulumi("")
    Pulumi(tmp_path).demand_imports()


@pytest.mark.parametrize("command", [["recover", "--yes", "--cancel"], ["adopt", "orders", "--yes"]])
def test_both_commands_refuse_it_before_anything_else(
    make_pulumi: MakePulumi, tmp_path: Path, command: list[str]
) -> None:
    """Only the version is asked for; not even the lock is removed."""
    program = make_pulumi("") / "pulumi"
    program.write_text(f"#!/bin/sh\necho $1 >> {tmp_path}/calls\necho v3.253.9\n", encoding="utf-8")
    run = piped(*command)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert "update it to 3.254.0 or newer" in run.stderr
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "version\n"


def test_the_documentation_names_the_same_versions() -> None:
    """For each version that something needs."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for version in (versions.OLDEST, versions.OLDEST_TO_BRING_IN, versions.TESTED):
        assert versions.written(version) in page


def test_the_engines_words_are_those_of_the_sdk() -> None:
    """The one for unknown values; and a name may contain colons."""
    assert rpc.UNKNOWN == words.UNKNOWN
    urn = f"urn:pulumi:dev::infra::acme:index:Team${SOURCE_TYPE}::a::b"
    assert (words.resource_name(urn), words.resource_type(urn)) == ("a::b", SOURCE_TYPE)
    assert words.resource_type("orders") == ""


COUNTS = """
import signal, time
signals = 0
def note(*_):
    global signals
    signals += 1
    print("signalled", file=open("log", "a"))
signal.signal(signal.SIGINT, note)
print("runs", file=open("log", "a"))
print("x" * 500_000, flush=True)  # More than a pipe holds: whoever waits for the end must keep reading.
end = time.monotonic() + 60
while signals == 0 and time.monotonic() < end:
    time.sleep(0.02)
last = time.monotonic() + SECONDS
print("y" * 500_000, flush=True)
while signals == 1 and time.monotonic() < last:
    time.sleep(0.02)
print("ends in order" if signals == 1 else "ends at once", file=open("log", "a"))
sys.exit(1)
"""
ON_A_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "streamkap_pulumi.cli", "recover"])
"""


def log(folder: Path) -> list[str]:
    file = folder / "log"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@contextmanager
def recovery(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`streamkap recover` in a terminal of its own while it runs `pulumi`, and that terminal's other end."""
    ours, theirs = pty.openpty()
    assert fcntl.fcntl(theirs, fcntl.F_GETFD) >= 0
    assert termios.tcgetattr(theirs)[3] & termios.ISIG
    running = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL],
        cwd=folder,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        until(lambda: log(folder) == ["runs"])
        yield running, ours
    finally:
        running.kill()
        running.wait()
        os.close(ours)


def test_ctrl_c_at_a_terminal_reaches_pulumi_once(make_pulumi: MakePulumi, tmp_path: Path) -> None:
    """A second SIGINT would end it at once: the terminal signals every process of its group, and so do we."""
    make_pulumi(COUNTS.replace("SECONDS", "2"))
    with recovery(tmp_path) as (running, terminal):
        os.write(terminal, b"\x03")
        assert running.wait(30) == 130
        assert log(tmp_path) == ["runs", "signalled", "ends in order"]


def test_a_second_ctrl_c_ends_pulumi_at_once(make_pulumi: MakePulumi, tmp_path: Path) -> None:
    """As when `pulumi` itself has the terminal; two signals of the same moment count as one."""
    make_pulumi(COUNTS.replace("SECONDS", "50"))
    with recovery(tmp_path) as (running, terminal):
        os.write(terminal, b"\x03")
        until(lambda: "signalled" in log(tmp_path))
        running.send_signal(signal.SIGINT)
        time.sleep(1.5)
        assert log(tmp_path) == ["runs", "signalled"]
        os.write(terminal, b"\x03")
        assert running.wait(30) == 130
        assert log(tmp_path) == ["runs", "signalled", "signalled", "ends at once"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_passed_on_as_one_to_end_in_order(
    make_pulumi: MakePulumi, tmp_path: Path, number: signal.Signals
) -> None:
    """Also when the terminal is closed; the exit code shows the signal."""
    make_pulumi(COUNTS.replace("SECONDS", "2"))
    with recovery(tmp_path) as (running, _):
        running.send_signal(number)
        running.send_signal(number)
        assert running.wait(30) == 128 + number
        assert log(tmp_path) == ["runs", "signalled", "ends in order"]
