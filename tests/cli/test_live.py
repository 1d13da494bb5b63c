"""What the commands that ask Streamkap without a stack say: whom they ask, for how long, and which variables count."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.settings import (
    CONNECT_TIMEOUT,
    MAX_RETRIES,
    POOL_TIMEOUT,
    READ_TIMEOUT,
    RETRY_TIMEOUT,
    Number,
)
from streamkap_pulumi.cli import live
from streamkap_pulumi.cli.exit_codes import FailedError
from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.emulator import Emulator
from tests.cli.runs import piped

CREDENTIALS = {"STREAMKAP_CLIENT_ID": "me", "STREAMKAP_SECRET": "canary"}
OTHERS = ("STREAMKAP_HOST", "STREAMKAP_READ_TIMEOUT", "STREAMKAP_MAX_RETRIES", "STREAMKAP_RETRY_TIMEOUT")


@pytest.fixture
def silent() -> Iterator[str]:
    """A host that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., api.Settings]:
    """Gives the settings by which Streamkap would be asked under the given variables."""

    def ask(**variables: str) -> api.Settings:
        found: list[api.Settings] = []

        def refuse(settings: api.Settings, **_: object) -> api.Streamkap:
            found.append(settings)
            raise api.ConnectionFailedError("nobody")

        for name in OTHERS:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**CREDENTIALS, **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(api.Streamkap, "from_settings", refuse)
        with pytest.raises(FailedError):
            live.connectors_answer(SOURCES)
        return found[0]

    return ask


def test_a_host_that_does_not_answer_is_given_up_within_seconds_unless_a_variable_says_how_long(
    asked: Callable[..., api.Settings],
) -> None:
    """Each bound by its own variable."""
    settings = asked()
    assert (settings.timeouts.read, settings.retries) == (10, api.Retries(2, 10))
    settings = asked(STREAMKAP_READ_TIMEOUT="45")
    assert (settings.timeouts.read, settings.retries) == (45, api.Retries(2, 10))
    settings = asked(STREAMKAP_MAX_RETRIES="7")
    assert (settings.timeouts.read, settings.retries) == (10, api.Retries(7, 120))


@pytest.mark.parametrize("command", [("schema", "--live"), ("schema", "mysql", "--live", "--json"), ("compare",)])
def test_a_host_that_accepts_and_never_answers_is_reported_in_a_pipe(command: tuple[str, ...], silent: str) -> None:
    """Whom it asks first, and in the end the variable that bounds the wait; nothing of it in what is printed."""
    settings = {"STREAMKAP_HOST": silent, "STREAMKAP_READ_TIMEOUT": "0.3", "STREAMKAP_MAX_RETRIES": "0", **CREDENTIALS}
    run = piped(*command, **settings)
    first, *_, last = run.stderr.splitlines()
    assert (run.returncode, run.stdout) == (1, "")
    assert first.startswith(f"Asking {silent} for ")
    assert "(nothing came for 0.3 s, set by STREAMKAP_READ_TIMEOUT)" in last
    assert "streamkap:" not in last.removeprefix("streamkap: ")


def test_whom_it_asks_is_not_in_the_json(emulator: Emulator, settings: dict[str, str]) -> None:
    """It is said on standard error."""
    run = piped("schema", "mysql", "--live", "--json", **settings)
    assert json.loads(run.stdout)["connector"]["code"] == "mysql"
    assert run.stderr == f"Asking {emulator.url} for the connector 'mysql' …\n"


@pytest.mark.parametrize(
    "setting",
    [
        CONNECT_TIMEOUT,
        READ_TIMEOUT,
        POOL_TIMEOUT,
        MAX_RETRIES,
        RETRY_TIMEOUT,
    ],
)
def test_a_setting_that_cannot_be_read_is_named_by_its_variable(setting: Number) -> None:
    """No stack could be configured."""
    run = piped("schema", "--live", **{**CREDENTIALS, setting.variable: "soon"})
    assert run.stderr.startswith(f"streamkap: {setting.variable} is 'soon', which is not ")
    assert f"set {setting.variable}={setting.example}" in run.stderr
    assert "pulumi" not in run.stderr


def test_a_host_without_https_and_one_that_is_not_the_api_are_named_by_their_variables(emulator: Emulator) -> None:
    """The error names the host in use."""
    run = piped("schema", "--live", STREAMKAP_HOST="http://streamkap.test", **CREDENTIALS)
    assert run.stderr.startswith("streamkap: STREAMKAP_HOST is http://streamkap.test: without https")
    assert "set STREAMKAP_ALLOW_HTTP=true" in run.stderr
    assert "pulumi" not in run.stderr
    other = f"{emulator.url}/elsewhere"
    run = piped("compare", STREAMKAP_HOST=other, STREAMKAP_MAX_RETRIES="0", **CREDENTIALS)
    assert f"{other} is most likely not the Streamkap API: check STREAMKAP_HOST. The default" in run.stderr
