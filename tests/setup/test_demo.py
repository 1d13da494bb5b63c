"""``scripts/demo`` as a whole, with a stand-in for Pulumi and for the emulator."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parent.parent.parent

# It keeps a lock as the real one does. HUP and TERM end it with the lock left, INT in good order.
PULUMI = """#!/bin/sh
locks=.demo/state/.pulumi/locks/organization/streamkap-demo/demo
[ "$PULUMI_HANGS" = "$1" ] && trap 'echo cancelled in good order; rm $locks/own.json; exit 1' INT
echo "$*" >> calls
env > "environment of $1"
case "$1" in
up | destroy)
    if ls $locks/*.json > look 2>&1; then echo "error: the stack is currently locked by 1 lock(s)"; exit 255; fi
    mkdir -p $locks
    printf '{"pid":%d,"username":"me","hostname":"%s"}' $$ "$(uname -n)" > $locks/own.json ;;
cancel) rm $locks/*.json ;;
esac
echo "pulumi does $1 on $PULUMI_BACKEND_URL"
case "$1" in
"$PULUMI_FAILS") echo "error: it went wrong"; case "$1" in up | destroy) rm $locks/own.json ;; esac; exit 7 ;;
"$PULUMI_HANGS") for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; done ;;
"$PULUMI_DIES") kill -9 $$ ;;
stack) [ "$2" = select ] && touch Pulumi.demo.yaml ;;
esac
case "$1" in up | destroy) rm $locks/own.json ;; esac
exit 0
"""
EMULATOR = """
import http.server, os, sys
if os.environ.get("EMULATOR_FAILS"):
    sys.exit("no room for the state")
port = int(sys.argv[sys.argv.index("--port") + 1])
server = http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
print(f"Streamkap emulator on http://127.0.0.1:{server.server_port} (state: {sys.argv[-1]})")
server.serve_forever()
"""


@contextlib.contextmanager
def usual_signals() -> Iterator[None]:
    """What is started meanwhile heeds signals, also where the tests themselves run under nohup or behind an &."""
    ignored = [
        each for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_IGN
    ]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


@dataclass
class Clone:
    """A clone with the demo in it."""

    folder: Path

    @property
    def emulator(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / ".demo" / "emulator.json").read_text(encoding="utf-8"))
        return found

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        with usual_signals():
            return subprocess.Popen(
                [sys.executable, "-m", "scripts.demo", *arguments],
                cwd=self.folder,
                env={**os.environ, **env},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def demo(self, *arguments: str, **env: str) -> tuple[int, str]:
        process = self.start(*arguments, **env)
        said, _ = process.communicate(timeout=30)
        return process.returncode, said

    def start_hanging(self, **env: str) -> subprocess.Popen[str]:
        """A `make demo` in the middle of `pulumi up`."""
        process = self.start("up", PULUMI_HANGS="up", **env)
        assert process.stdout
        said = ""
        while "pulumi does up" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        return process

    def environment_of(self, command: str) -> dict[str, str]:
        text = (self.folder / f"environment of {command}").read_text(encoding="utf-8")
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def lock(self, text: str) -> Path:
        file = self.folder / ".demo/state/.pulumi/locks/organization/streamkap-demo/demo/own.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    folder = tmp_path / "a clone 'of' mine"
    shutil.copytree(REPOSITORY / "scripts" / "demo", folder / "scripts" / "demo")
    (folder / "scripts" / "__init__.py").touch()  # Else it would be the package of this checkout.
    files = {".engine/bin/pulumi": PULUMI, "streamkap_pulumi/emulator.py": EMULATOR}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / ".engine" / "bin" / "pulumi").chmod(0o755)
    (folder / "streamkap_pulumi" / "__init__.py").touch()
    made = Clone(folder)
    yield made
    with contextlib.suppress(OSError):
        pid = made.emulator["pid"]
        if b"streamkap_pulumi.emulator" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")


def test_up_runs_pulumi_twice_and_the_second_run_must_change_nothing(clone: Clone) -> None:
    code, said = clone.demo("up")
    assert code == 0
    url = clone.emulator["url"]
    credentials = "--plaintext=streamkap:clientId=demo-client --secret=streamkap:secret=demo-secret"
    assert clone.calls == [
        "stack select --create demo",
        f"config set-all --plaintext=streamkap:host={url} {credentials}",
        "up --yes --skip-preview",
        "up --yes --skip-preview --expect-no-changes --suppress-outputs",
        "stack output",
    ]
    assert "make demo-down" in said
    assert ". .demo/env.sh" in said


def test_the_secret_of_the_configuration_is_not_printed(clone: Clone) -> None:
    assert "demo-secret" not in clone.demo("up")[1]


def test_the_emulator_outlives_the_demo_and_is_used_again(clone: Clone) -> None:
    clone.demo("up")
    first = clone.emulator
    assert is_running(first["pid"])
    _, said = clone.demo("up")
    assert "It is running already" in said
    assert clone.emulator == first


def test_an_emulator_that_died_is_started_again_on_its_port(clone: Clone) -> None:
    clone.demo("up")
    first = clone.emulator
    os.kill(first["pid"], signal.SIGKILL)
    while is_running(first["pid"]):
        time.sleep(0.01)
    assert clone.demo("up")[0] == 0
    assert clone.emulator["port"] == first["port"]
    assert clone.emulator["pid"] != first["pid"]


def test_a_port_that_was_taken_meanwhile_is_given_up_and_the_new_one_configured(clone: Clone) -> None:
    clone.demo("up")
    first = clone.emulator
    record = clone.folder / ".demo" / "emulator.json"
    # The old one goes on, but is no longer the recorded process: for the demo it is a stranger on that port.
    record.write_text(json.dumps({**first, "birth": "another boot 1"}), encoding="utf-8")
    try:
        assert clone.demo("up")[0] == 0
        assert clone.emulator["port"] != first["port"]
        assert f"streamkap:host={clone.emulator['url']}" in clone.calls[-4]
        assert is_running(first["pid"])
    finally:
        os.kill(first["pid"], signal.SIGKILL)


def test_a_process_that_has_the_number_of_a_dead_emulator_is_left_alone(clone: Clone) -> None:
    clone.demo("up")
    own = clone.emulator
    stranger = subprocess.Popen(["sleep", "30"])
    record = clone.folder / ".demo" / "emulator.json"
    try:
        record.write_text(json.dumps({**own, "pid": stranger.pid}), encoding="utf-8")
        assert clone.demo("down", "--force")[0] == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        os.kill(own["pid"], signal.SIGKILL)


def test_down_destroys_stops_and_removes(clone: Clone) -> None:
    clone.demo("up")
    pid = clone.emulator["pid"]
    code, said = clone.demo("down")
    assert code == 0
    assert clone.calls[-1] == "destroy --yes --skip-preview --remove"
    assert "the emulator is stopped" in said
    assert not is_running(pid)
    assert not (clone.folder / ".demo").exists()
    assert not (clone.folder / "Pulumi.demo.yaml").exists()


def test_down_starts_an_emulator_that_died_since_the_sources_are_in_there(clone: Clone) -> None:
    clone.demo("up")
    os.kill(clone.emulator["pid"], signal.SIGKILL)
    assert clone.demo("down")[0] == 0
    assert clone.calls[-1].startswith("destroy")


def test_down_without_a_demo_says_so(clone: Clone) -> None:
    assert clone.demo("down") == (0, "There is no demo to take down.\n")


def test_a_destroy_that_fails_keeps_everything_and_says_how_to_drop_it(clone: Clone) -> None:
    clone.demo("up")
    code, said = clone.demo("down", PULUMI_FAILS="destroy")
    assert code == 7
    assert "make demo-down FORCE=1" in said
    assert is_running(clone.emulator["pid"])
    assert clone.demo("down", "--force", PULUMI_FAILS="destroy")[0] == 0
    assert not (clone.folder / ".demo").exists()


def test_a_failing_pulumi_ends_the_demo_with_its_exit_code(clone: Clone) -> None:
    code, said = clone.demo("up", PULUMI_FAILS="up")
    assert code == 7
    assert "error: it went wrong\n\ndemo: `pulumi up` failed (exit code 7): see above.\n" in said
    assert "make demo-down FORCE=1" in said.splitlines()[-1]


def test_a_failure_while_the_stack_is_set_up_shows_what_pulumi_said(clone: Clone) -> None:
    code, said = clone.demo("up", PULUMI_FAILS="config")
    assert code == 7
    assert "error: it went wrong" in said


def test_an_emulator_that_does_not_start_shows_what_it_said(clone: Clone) -> None:
    code, said = clone.demo("up", EMULATOR_FAILS="1")
    assert code == 1
    assert "no room for the state\n\ndemo: The emulator did not start" in said


def test_without_an_engine_it_says_what_to_run(clone: Clone) -> None:
    (clone.folder / ".engine" / "bin" / "pulumi").unlink()
    code, said = clone.demo("up")
    assert code == 1
    assert "Run `make engine`." in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_let_pulumi_end_in_good_order(clone: Clone, number: signal.Signals) -> None:
    process = clone.start_hanging()
    # Twice, since the terminal and the shell both say so.
    os.killpg(process.pid, number)
    os.killpg(process.pid, number)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 128 + number
    assert said.count("cancelled in good order") == 1
    assert "Interrupted. What was done stays" in said
    assert "FORCE" not in said
    assert is_running(clone.emulator["pid"])
    assert clone.demo("up")[0] == 0
    assert "cancel --yes" not in clone.calls


def test_a_closed_terminal_is_nothing_to_a_demo_under_nohup(clone: Clone) -> None:
    process = subprocess.Popen(
        ["nohup", sys.executable, "-m", "scripts.demo", "up"],
        cwd=clone.folder,
        env={**os.environ, "PULUMI_HANGS": "up"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    while "pulumi does up" not in process.stdout.readline():
        pass
    os.killpg(process.pid, signal.SIGHUP)
    # Of two signals that wait, the first is handled first: the end would be that of SIGHUP.
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("command", ["up", "down"])
def test_the_lock_of_a_pulumi_that_was_killed_is_lifted(clone: Clone, command: str) -> None:
    code, said = clone.demo("up", PULUMI_DIES="up")
    assert code == 128 + signal.SIGKILL
    assert "`pulumi up` was killed (signal 9)" in said
    code, said = clone.demo(command)
    assert code == 0, said
    assert "An earlier Pulumi was killed" in said
    assert clone.calls.count("cancel --yes") == 1


def test_a_lock_that_was_half_written_is_lifted(clone: Clone) -> None:
    clone.demo("up")
    clone.lock("")
    assert clone.demo("up")[0] == 0
    assert "cancel --yes" in clone.calls


def test_a_lock_whose_process_is_something_else_by_now_is_lifted(clone: Clone) -> None:
    clone.demo("up")
    clone.lock(json.dumps({"pid": os.getpid(), "hostname": os.uname().nodename}))
    assert clone.demo("up")[0] == 0
    assert "cancel --yes" in clone.calls


def test_the_lock_of_another_machine_is_left_and_named(clone: Clone) -> None:
    clone.demo("up")
    lock = clone.lock(json.dumps({"pid": 1, "hostname": "elsewhere"}))
    code, said = clone.demo("up")
    assert code == 1
    assert "locked by process 1 on elsewhere" in said
    assert lock.exists()
    assert clone.demo("down", "--force")[0] == 0


def test_the_lock_of_a_pulumi_that_is_at_work_is_left_and_force_ends_that_pulumi(clone: Clone) -> None:
    process = clone.start_hanging()
    # Nothing can be forwarded any more: Pulumi goes on by itself.
    process.kill()
    process.wait()
    code, said = clone.demo("up")
    assert code == 1
    assert "Pulumi is still at work on the demo's stack: process " in said
    assert "cancel --yes" not in clone.calls
    pid = int(said.partition("stack: process ")[2].partition(".")[0])
    assert is_running(pid)
    assert clone.demo("down", "--force")[0] == 0
    assert not is_running(pid)
    assert not (clone.folder / ".demo").exists()
    process.communicate(timeout=30)


def test_what_the_user_has_set_for_other_stacks_does_not_reach_pulumi(clone: Clone) -> None:
    strange = {"PULUMI_CONFIG_PASSPHRASE": "mine", "PULUMI_CONFIG_PASSPHRASE_FILE": "/mine", "PULUMI_STACK": "mine"}
    assert clone.demo("up", **strange)[0] == 0
    shell = 'cd "$1" && . .demo/env.sh && pulumi look'
    env = {**os.environ, **strange}
    subprocess.run(["sh", "-euc", shell, "sh", clone.folder], env=env, check=True)
    for command in ("up", "look"):
        got = clone.environment_of(command)
        assert got["PULUMI_CONFIG_PASSPHRASE"] == "demo"
        assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in got
        assert "PULUMI_STACK" not in got


LOCAL = "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("user", "upper", "lower"),
    [
        ({}, LOCAL, LOCAL),
        ({"NO_PROXY": "a.corp"}, f"a.corp,{LOCAL}", f"a.corp,{LOCAL}"),
        ({"no_proxy": "a.corp"}, f"a.corp,{LOCAL}", f"a.corp,{LOCAL}"),
        ({"NO_PROXY": "a.corp", "no_proxy": ".b"}, f"a.corp,{LOCAL}", f".b,{LOCAL}"),
        ({"NO_PROXY": f"{LOCAL},a.corp"}, f"{LOCAL},a.corp", f"{LOCAL},a.corp"),
        ({"no_proxy": "*"}, "*", "*"),
    ],
)
def test_this_machine_is_not_reached_through_a_proxy(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, user: dict[str, str], upper: str, lower: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert clone.demo("up", **user)[0] == 0
    # Twice sourced, it stays the same.
    shell = 'cd "$1" && . .demo/env.sh && . .demo/env.sh && pulumi look'
    subprocess.run(["sh", "-euc", shell, "sh", clone.folder], env={**os.environ, **user}, check=True)
    for command in ("up", "look"):
        got = clone.environment_of(command)
        assert (got["NO_PROXY"], got["no_proxy"]) == (upper, lower)


@pytest.fixture
def offline(clone: Clone) -> Clone:
    """A clone with the Makefile, whose `make setup` cannot succeed."""
    shutil.copy(REPOSITORY / "Makefile", clone.folder)
    (clone.folder / "tools" / "engine").mkdir(parents=True)
    (clone.folder / "tools" / "__init__.py").touch()
    (clone.folder / "tools" / "engine" / "__init__.py").touch()
    (clone.folder / "tools" / "engine" / "environment.py").write_text("raise SystemExit('no index')", encoding="utf-8")
    assert clone.demo("up")[0] == 0
    return clone


def make(clone: Clone, *arguments: str) -> tuple[int, str]:
    command = ["make", f"PYTHON={sys.executable}", *arguments]
    outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "FORCE"}
    env = {name: value for name, value in os.environ.items() if name not in outer}
    done = subprocess.run(command, cwd=clone.folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_forced_down_needs_no_environment(offline: Clone) -> None:
    pid = offline.emulator["pid"]
    code, said = make(offline, "demo-down")
    assert code
    assert "no index" in said
    assert is_running(pid)
    code, said = make(offline, "demo-down", "FORCE=1")
    assert code == 0, said
    assert "no index" not in said
    assert not is_running(pid)
    assert not (offline.folder / ".demo").exists()
    assert make(offline, "demo-down") == (0, "There is no demo to take down.\n")


def test_clean_works_where_the_demo_cannot_be_taken_down_in_good_order(offline: Clone) -> None:
    pid = offline.emulator["pid"]
    code, said = make(offline, "clean")
    assert code == 0, said
    assert not is_running(pid)
    assert not (offline.folder / ".demo").exists()
    assert not (offline.folder / ".engine").exists()


def test_two_demos_at_once_are_refused(clone: Clone) -> None:
    process = clone.start_hanging()
    code, said = clone.demo("up")
    assert code == 1
    assert "Another `make demo` or `make demo-down` is at work" in said
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)


def test_env_sh_sets_a_shell_up_whatever_the_folder_is_called(clone: Clone) -> None:
    clone.demo("up")
    shell = 'cd "$1" && . .demo/env.sh && command -v pulumi && echo "$PULUMI_HOME" && pulumi look'
    done = subprocess.run(["sh", "-c", shell, "sh", clone.folder], capture_output=True, text=True, check=True)
    program, home, said = done.stdout.splitlines()
    assert program == str(clone.folder / ".engine" / "bin" / "pulumi")
    assert home == str(clone.folder / ".demo" / "pulumi-home")
    assert said.startswith("pulumi does look on file:///")
    assert "a%20clone" in said
