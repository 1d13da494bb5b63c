"""``scripts/demo.py`` as a whole, with a stand-in for Pulumi and for the emulator."""

from __future__ import annotations

import contextlib
import json
import os
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

PULUMI = """#!/bin/sh
[ "$PULUMI_HANGS" = "$1" ] && trap 'echo cancelled in good order; exit 1' INT
echo "$*" >> calls
echo "pulumi does $1 on $PULUMI_BACKEND_URL"
case "$1" in
"$PULUMI_FAILS") echo "error: it went wrong"; exit 7 ;;
"$PULUMI_HANGS") for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; done ;;
stack) [ "$2" = select ] && touch Pulumi.demo.yaml ;;
esac
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
        return subprocess.Popen(
            [sys.executable, self.folder / "scripts" / "demo.py", *arguments],
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


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    folder = tmp_path / "a clone 'of' mine"
    script = (REPOSITORY / "scripts" / "demo.py").read_text(encoding="utf-8")
    files = {"scripts/demo.py": script, ".engine/bin/pulumi": PULUMI, "streamkap_pulumi/emulator.py": EMULATOR}
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


def test_an_emulator_that_died_is_started_anew_on_its_port(clone: Clone) -> None:
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


def test_a_destroy_that_fails_keeps_everything_and_tells_how_to_drop_it(clone: Clone) -> None:
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
    assert said.endswith("error: it went wrong\n\ndemo: `pulumi up` failed (exit code 7): see above.\n")


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


def test_ctrl_c_lets_pulumi_end_in_good_order_and_leaves_the_emulator(clone: Clone) -> None:
    process = clone.start("up", PULUMI_HANGS="up")
    assert process.stdout
    said = ""
    while "pulumi does up" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    os.killpg(process.pid, signal.SIGINT)
    said += process.communicate(timeout=30)[0]
    assert process.returncode == 130
    assert "cancelled in good order" in said
    assert "Interrupted. What was done stays" in said
    assert is_running(clone.emulator["pid"])


def test_two_demos_at_once_are_refused(clone: Clone) -> None:
    process = clone.start("up", PULUMI_HANGS="up")
    assert process.stdout
    while "pulumi does up" not in process.stdout.readline():
        pass
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
