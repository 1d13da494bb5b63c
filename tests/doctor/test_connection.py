"""How long is waited for a Streamkap that does not answer."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.doctor import connection
from streamkap_pulumi.emulator import Emulator
from tests.cli.runs import COMMAND, environment, piped

CREDENTIALS = {"STREAMKAP_CLIENT_ID": "me", "STREAMKAP_SECRET": "canary"}


def test_a_host_that_does_not_answer_is_told_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a run may take; and what a user has set to less stays."""
    asked: list[api.Settings] = []

    def ask(settings: api.Settings) -> api.Streamkap:
        asked.append(settings)
        raise api.ConnectionFailedError("nobody")

    monkeypatch.setattr(api.Streamkap, "from_settings", ask)
    found = {"streamkap:clientId": "me", "streamkap:secret": "canary", "streamkap:readTimeout": "600"}
    *_, last = connection.connection(found, offline=False)
    assert (last.name, last.status.value) == ("token", "fail")
    *_, last = connection.connection(
        {**found, "streamkap:readTimeout": "1", "streamkap:maxRetries": "0"}, offline=False
    )
    most, least = asked
    assert most.timeouts.connect + most.timeouts.read + most.retries.seconds <= 25
    assert (most.retries.count, least.retries.count, least.timeouts.read) == (1, 0, 1)


def test_a_host_that_does_not_tell_whose_the_token_is_can_be_used() -> None:
    """It gives one, and lets it read."""
    with Emulator(faults={"api_error": {"value": 404, "path": "/auth/whoami"}}) as emulator:
        found = {
            "streamkap:host": emulator.url,
            "streamkap:clientId": emulator.client_id,
            "streamkap:secret": emulator.secret,
        }
        *_, token, read = connection.connection(found, offline=False)
    assert token.told == f"given, and {emulator.url} does not tell whose it is"
    assert [(each.name, each.status.value) for each in (token, read)] == [("token", "ok"), ("read", "ok")]


def test_each_line_is_shown_before_the_next_one_is_waited_for(tmp_path: Path) -> None:
    """In a pipe, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"STREAMKAP_HOST": host, "STREAMKAP_READ_TIMEOUT": "5", "STREAMKAP_MAX_RETRIES": "0", **CREDENTIALS}
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


def test_the_sum_is_told_in_checks_and_warnings(tmp_path: Path) -> None:
    """As the lines above it have them."""
    run = subprocess.run(
        [*COMMAND, "doctor", "--offline"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    *lines, empty, total = run.stdout.splitlines()
    counts = {word: sum(line.startswith(word) for line in lines) for word in ("ok", "warn", "fail")}
    warnings = "1 warning" if counts["warn"] == 1 else f"{counts['warn']} warnings"
    assert (empty, total) == ("", f"{sum(counts.values())} checks: {counts['fail']} failed, {warnings}.")


def test_a_stack_that_is_named_outside_a_project_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was asked for, and not looked at."""
    monkeypatch.chdir(tmp_path)
    run = piped("doctor", "--offline", "--stack", "prod")
    assert run.returncode == 7
    assert "there is no Pulumi project in this folder or above it, so there is no stack prod" in run.stdout
    assert "leave --stack out" in run.stdout
