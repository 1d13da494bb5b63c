"""The emulator as a process and as an object: how it starts and ends, and what it keeps."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from streamkap_pulumi.emulator import Emulator, StateError
from streamkap_pulumi.emulator.command import main
from tests.emulator.samples import Api, client_of, source

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = "streamkap_pulumi.emulator"


class Process:
    """A running ``python -m streamkap_pulumi.emulator``."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", MODULE, "--port", "0", *arguments]
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.popen.stdout is not None
        self.line = self.popen.stdout.readline()
        found = re.match(r"Streamkap emulator on (http://127\.0\.0\.1:\d+) \(state: (.*)\)$", self.line)
        assert found, (self.line, self.popen.communicate())
        self.url, self.state = found.groups()

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; the status and what was written to standard error."""
        self.popen.send_signal(number)
        _, errors = self.popen.communicate(timeout=10)
        return self.popen.returncode, errors


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    """Processes to be gone after the test."""
    started: list[Process] = []
    yield started
    for process in started:
        if process.popen.poll() is None:
            process.end(signal.SIGKILL)


def test_a_killed_process_loses_nothing_that_it_answered(processes: list[Process], tmp_path: Path) -> None:
    """Sources, tokens, faults and the log are there when the next one starts, and time has passed."""
    state = str(tmp_path / "state.db")
    processes.append(Process("--state", state, "--fault", "status_delay=0.3"))
    with Api(base_url=processes[0].url, verify=False) as api:
        token = api.login().headers["Authorization"]
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda n: api.new(f"s{n}"), range(20)))
    assert processes[0].end(signal.SIGKILL)[0] == -signal.SIGKILL
    processes.append(Process("--state", state))
    assert processes[1].state == state
    with Api(base_url=processes[1].url, headers={"Authorization": token}, verify=False) as api:
        deadline = time.monotonic() + 10.0
        while True:  # The second process may be up before the time that the first one's sources need has passed.
            page = api.get("/sources?page_size=100&secret_returned=true").json()
            if {entry["connector_status"] for entry in page["result"]} == {"Active"} or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        assert {entry["id"] for entry in page["result"]} == {entry["id"] for entry in made}
        assert {entry["connector_status"] for entry in page["result"]} == {"Active"}
        assert api.post("/sources", json=source("s7")).status_code == 422
        faults = api.get("/_emulator/faults").json()
        assert faults["status_delay"]["current"] == 0.3
        assert len(api.get("/_emulator/requests").json()) >= 21


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(processes: list[Process], number: int) -> None:
    """Status 0 and nothing on standard error, even with a client connected."""
    processes.append(Process())
    assert processes[0].state == "in memory"
    with Api(base_url=processes[0].url, verify=False) as api:
        api.login()
        assert processes[0].end(number) == (0, "")


def test_options_set_faults_and_a_credential(processes: list[Process]) -> None:
    """A fault may be given several times; its rules are tried in order."""
    faults = ["--fault", "missing_get=404", "--fault", "html_5xx=502;times=1", "--fault", "html_5xx=503;times=1"]
    processes.append(Process("--client-id", "mine", "--secret", "my-own", *faults))
    with Api(base_url=processes[0].url, verify=False) as api:
        api.login("mine", "my-own")
        assert [api.get("/sources/x").status_code for _ in range(3)] == [502, 503, 404]
        assert api.get("/auth/whoami").json()["tenant_id"] == "tenant-demo"


def test_a_fault_option_wins_over_the_one_in_the_state(tmp_path: Path) -> None:
    """Other faults stay."""
    state = tmp_path / "state.db"
    with Emulator(state, faults={"missing_get": "404", "status_delay": 5}):
        pass
    with Emulator(state, faults={"status_delay": 0}) as emulator:
        assert (emulator.faults()["missing_get"], emulator.faults()["status_delay"]) == ("404", 0)


def test_an_emulator_in_a_thread_continues_from_its_state(tmp_path: Path) -> None:
    """On the same port when it is started again."""
    emulator = Emulator(tmp_path / "state.db", faults={"status_delay": 0, "token_ttl": 60})
    with emulator, client_of(emulator) as api:
        token = api.login().headers["Authorization"]
        source_id = api.new()["id"]
        url = emulator.url
    with emulator, Api(base_url=url, headers={"Authorization": token}, verify=False) as api:
        assert api.one(source_id)["name"] == "orders"


def test_a_fault_keeps_its_count_after_a_restart(tmp_path: Path) -> None:
    """A used-up fault stays used up."""
    emulator = Emulator(tmp_path / "state.db")
    with emulator, client_of(emulator) as api:
        emulator.faults(html_5xx={"value": 502, "times": 2})
        assert api.login().get("/sources").status_code == 502
    with emulator, client_of(emulator) as api:
        api.login()
        assert [api.get("/sources").status_code for _ in range(2)] == [502, 200]


def test_an_emulator_that_does_not_run_says_so() -> None:
    """And says how to start it."""
    with pytest.raises(RuntimeError, match="with statement"):
        Emulator().sources()


def test_the_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """It holds secrets."""
    with Emulator(tmp_path / "state.db"):
        assert (tmp_path / "state.db").stat().st_mode & 0o077 == 0


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Status and standard error of a start that cannot succeed."""
    status = main(list(arguments))
    return status, capsys.readouterr().err


def test_a_port_in_use_is_reported_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """With the port and the next step."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, text = fails(capsys, "--port", str(port))
    assert status == 1
    assert f"port {port}" in text
    assert "--port" in text


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "http", "8.5"])
def test_an_invalid_port_is_a_wrong_argument(capsys: pytest.CaptureFixture[str], port: str) -> None:
    """Status 2, with the accepted values."""
    with pytest.raises(SystemExit) as caught:
        main([f"--port={port}"])
    assert caught.value.code == 2
    assert "from 0 to 65535" in capsys.readouterr().err


def test_a_start_without_a_port_changes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Neither faults nor credentials: the emulator that already listens keeps them."""
    state = tmp_path / "state.db"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = ["--port", str(port), "--state", str(state), "--fault", "missing_get=404", "--client-id", "mine"]
        assert fails(capsys, *options)[0] == 1
        with pytest.raises(OSError, match="in use"):
            Emulator(state, {"missing_get": "404"}, port=port).start()
    assert not state.exists()


def test_a_state_file_in_use_is_refused(
    capsys: pytest.CaptureFixture[str], processes: list[Process], tmp_path: Path
) -> None:
    """By another process or by this one; a `kill -9` releases it."""
    state = tmp_path / "state.db"
    processes.append(Process("--state", str(state)))
    status, text = fails(capsys, "--port", "0", "--state", str(state), "--fault", "missing_get=404")
    assert status == 1
    assert "another process, such as an emulator, is using it" in text
    assert "afresh" not in text
    processes[0].end(signal.SIGKILL)
    with Emulator(state) as emulator:
        assert emulator.faults()["missing_get"] == "empty"
        with pytest.raises(StateError, match="another process"):
            Emulator(state).start()
        with pytest.raises(AssertionError, match="another process"):
            Process("--state", str(state))


def test_only_a_broken_file_of_ours_may_be_removed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The message never suggests removing a file that is not the emulator's."""
    state = tmp_path / "state.db"
    with Emulator(state):
        pass
    whole = state.read_bytes()
    state.write_bytes(whole[:100] + b"x" * (len(whole) - 100))
    assert "remove this one" in fails(capsys, "--port", "0", "--state", str(state))[1]


@pytest.mark.parametrize("kind", ["text", "sqlite", "folder", "nowhere"])
def test_an_unusable_state_file_is_reported_and_not_changed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    """Other programs' files stay as they are."""
    path = tmp_path / "state.db"
    if kind == "text":
        path.write_text("not a database, but long enough to have been one" * 10)
    elif kind == "sqlite":
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE t (a)")
        db.close()
    elif kind == "folder":
        path.mkdir()
    else:
        path = tmp_path / "nowhere" / "state.db"
    before = path.read_bytes() if path.is_file() else None
    status, text = fails(capsys, "--port", "0", "--state", str(path))
    assert status == 1
    assert str(path) in text
    assert "give another file" in text.lower()
    assert "remove" not in text
    assert (path.read_bytes() if path.is_file() else None) == before
    with pytest.raises(StateError):
        Emulator(path).start()


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("statusdelay=0", "Did you mean status_delay?"),
        ("status_delay", "--fault takes name=value"),
        ("status_delay=soon", "It takes: a number from 0"),
        ("zzz=1", "There are: missing_get"),
    ],
)
def test_a_wrong_fault_is_reported_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str], option: str, text: str
) -> None:
    """Status 2, as for any wrong argument."""
    status, errors = fails(capsys, "--port", "0", "--fault", option)
    assert status == 2
    assert text in errors


def test_list_faults_prints_them_and_exits(capsys: pytest.CaptureFixture[str]) -> None:
    """Without starting anything."""
    assert main(["--list-faults"]) == 0
    assert "gateway_after_commit=off" in capsys.readouterr().out


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """When starlette is missing."""
    (tmp_path / "starlette.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'starlette'\", name='starlette')"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"}
    done = subprocess.run(
        [sys.executable, "-m", MODULE], check=False, capture_output=True, text=True, env=environment, timeout=20
    )
    assert done.returncode == 1
    assert done.stderr == 'The emulator needs starlette: pip install ".[emulator]" in a clone of streamkap-pulumi\n'


def test_two_emulators_do_not_affect_each_other() -> None:
    """Each has its own port and state."""
    with Emulator(faults={"status_delay": 0}) as one, Emulator(faults={"status_delay": 0}) as other:
        with client_of(one) as api:
            api.login().new()
        assert (len(one.sources()), len(other.sources())) == (1, 0)
        assert httpx.get(f"{other.url}/sources").status_code == 401
