"""What each check finds, and how long a Streamkap that does not answer is waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from streamkap_pulumi import api, doctor
from streamkap_pulumi.doctor import Status
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import KINDS
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.patches import hook_server, host
from tests.cli.runs import COMMAND, environment, piped


@pytest.mark.parametrize(
    ("version", "status"),
    [("v3.181.9", "fail"), ("v3.182.0", "warn"), ("v3.259.0", "ok"), ("v4.0.0-dev", "ok"), ("", "fail")],
)
def test_an_engine_that_is_too_old_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, status: str
) -> None:
    """Resource hooks came with 3.182.0, and the tests run 3.259.0; it is asked as it would be run."""
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\n[ $1 = version ] && echo '{version}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    (engine,) = [check for check in doctor.installation() if check.name == "engine"]
    assert (engine.status.value, bool(engine.remedy)) == (status, status != "ok")
    assert str(tmp_path) in engine.found


def statuses() -> dict[str, Status]:
    return {check.name: check.status for check in doctor.tuning()}


def test_the_installed_sdk_is_as_known() -> None:
    """Each private part is checked where the host uses it."""
    found = statuses()
    assert list(found) == ["workers", "readable errors", "Ctrl-C", "hook server", "end with engine"]
    assert {found[name] for name in ("workers", "readable errors", "Ctrl-C", "hook server")} == {Status.OK}


def test_another_sdk_is_a_warning_and_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """All works without what is missing."""
    monkeypatch.setattr(host, "raise_workers", lambda _: False)
    monkeypatch.setattr(hook_server, "let_it_start", lambda: False)
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    monkeypatch.delattr("os.pidfd_open", raising=False)
    assert set(statuses().values()) == {Status.WARN}
    assert all(check.remedy for check in doctor.tuning())


CREDENTIALS = {"STREAMKAP_CLIENT_ID": "me", "STREAMKAP_SECRET": "canary"}


def test_a_host_that_does_not_answer_is_reported_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a run may wait; a shorter limit of the user stays."""
    asked: list[api.Settings] = []

    def ask(settings: api.Settings) -> api.Streamkap:
        asked.append(settings)
        raise api.ConnectionFailedError("nobody")

    monkeypatch.setattr(api.Streamkap, "from_settings", ask)
    found = {"streamkap:clientId": "me", "streamkap:secret": "canary", "streamkap:readTimeout": "600"}
    *_, last = doctor.connection(found, offline=False)
    assert (last.name, last.status.value) == ("token", "fail")
    *_, last = doctor.connection({**found, "streamkap:readTimeout": "1", "streamkap:maxRetries": "0"}, offline=False)
    most, least = asked
    assert most.timeouts.connect + most.timeouts.read + most.retries.seconds <= 25
    assert (most.retries.count, least.retries.count, least.timeouts.read) == (1, 0, 1)


def test_a_host_that_does_not_say_which_account_the_token_belongs_to_can_be_used() -> None:
    """It gives one, and lets it read."""
    with Emulator(faults={"api_error": {"value": 404, "path": "/auth/whoami"}}) as emulator:
        found = {
            "streamkap:host": emulator.url,
            "streamkap:clientId": emulator.client_id,
            "streamkap:secret": emulator.secret,
        }
        *_, token, read = doctor.connection(found, offline=False)
    assert token.found == f"given, and {emulator.url} does not say which account it belongs to"
    assert [(each.name, each.status.value) for each in (token, read)] == [("token", "ok"), ("read", "ok")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_a_permission_that_the_token_lacks_is_a_warning_that_names_it(kind: Kind) -> None:
    """A program needs it only for what it declares."""
    with Emulator(faults={"api_error": {"value": 403, "path": f"/{kind.plural}"}}) as emulator:
        found = {
            "streamkap:host": emulator.url,
            "streamkap:clientId": emulator.client_id,
            "streamkap:secret": emulator.secret,
        }
        *_, read = doctor.connection(found, offline=False)
    others = " and ".join(each.plural for each in KINDS if each is not kind)
    assert (read.name, read.status.value) == ("read", "warn")
    assert read.found == f"{others} can be read, but {kind.plural} cannot be read (GET /{kind.plural} answered 403)"
    assert f"Programs that declare {kind.plural} need that permission" in read.remedy


def test_a_limit_of_the_check_is_not_said_to_be_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changed the setting would wait in vain for another result."""

    def ask(settings: api.Settings) -> api.Streamkap:
        raise api.NoAnswerError(f"timed out after {settings.timeouts.read:g} s, set by streamkap:readTimeout")

    monkeypatch.setattr(api.Streamkap, "from_settings", ask)
    found = {"streamkap:clientId": "me", "streamkap:secret": "canary"}
    *_, last = doctor.connection(found, offline=False)
    assert last.found == "timed out after 10 s, the limit of this check"
    *_, last = doctor.connection({**found, "streamkap:readTimeout": "5"}, offline=False)
    assert last.found == "timed out after 5 s, set by streamkap:readTimeout"


def test_each_line_is_shown_before_the_next_one_is_waited_for(tmp_path: Path) -> None:
    """In a pipe, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"STREAMKAP_HOST": url, "STREAMKAP_READ_TIMEOUT": "5", "STREAMKAP_MAX_RETRIES": "0", **CREDENTIALS}
        running = subprocess.Popen(
            [*COMMAND, "doctor"], cwd=tmp_path, env=environment(**settings), stdout=subprocess.PIPE, text=True
        )
        assert running.stdout
        began = 0.0
        for line in running.stdout:
            if line.split()[1] == "credentials":
                began = time.monotonic()
                break
        rest, _ = running.communicate(timeout=60)
        assert began
        assert time.monotonic() - began > 3
        assert rest.startswith("fail  token ")
        assert running.returncode == 7


def test_the_total_counts_checks_and_warnings(tmp_path: Path) -> None:
    """As the lines above it have them."""
    run = subprocess.run(
        [*COMMAND, "doctor", "--offline"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    *lines, empty, total = run.stdout.splitlines()
    counts = {word: sum(line.startswith(word) for line in lines) for word in ("ok", "warn", "fail")}
    warnings = "1 warning" if counts["warn"] == 1 else f"{counts['warn']} warnings"
    assert (empty, total) == ("", f"{sum(counts.values())} checks: {counts['fail']} failed, {warnings}.")


def test_a_stack_that_is_named_outside_a_project_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was requested, and not checked."""
    monkeypatch.chdir(tmp_path)
    run = piped("doctor", "--offline", "--stack", "prod")
    assert run.returncode == 7
    assert "there is no Pulumi project in this folder or above it, so there is no stack prod" in run.stdout
    assert "omit --stack" in run.stdout
